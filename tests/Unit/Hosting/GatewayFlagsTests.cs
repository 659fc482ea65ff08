using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class GatewayFlagsTests
{
    [Fact]
    public void TryRead_BothForms_GiveValuesByKey()
    {
        Assert.True(GatewayFlags.TryRead(["--node", "2", "--http=9088", "--no-numbers", "--state", "/tmp/x y"], Parts.Node, out var settings, out var error));

        Assert.Null(error);
        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["Gateway:Node"] = "2",
                ["Gateway:Http"] = "9088",
                ["Gateway:NoNumbers"] = "true",
                ["Gateway:State"] = "/tmp/x y",
            },
            settings);
    }

    [Fact]
    public void TryRead_AFlagTwice_TakesTheLast()
    {
        Assert.True(GatewayFlags.TryRead(["--http", "1", "--http", "2"], Parts.Node, out var settings, out _));

        Assert.Equal("2", settings["Gateway:Http"]);
    }

    [Fact]
    public void TryRead_ASwitchWithAValue_TakesIt()
    {
        Assert.True(GatewayFlags.TryRead(["--no-numbers=false"], Parts.Node, out var settings, out _));

        Assert.Equal("false", settings["Gateway:NoNumbers"]);
    }

    [Theory]
    [InlineData(Parts.Node, "--htpp", "--htpp is not a flag of a node; did you mean --http?")]
    [InlineData(Parts.Node, "--HTTP", "--HTTP is not a flag of a node; did you mean --http?")]
    [InlineData(Parts.Node, "--orleans", "--orleans is not a flag of a node; did you mean --orleans-gateway?")]
    [InlineData(Parts.Node, "--frobnicate=1", "--frobnicate is not a flag of a node, see --help")]
    [InlineData(Parts.Numbers, "--raet", "--raet is not a flag of the number server; did you mean --rate?")]
    [InlineData(Parts.Node, "8088", "'8088' is not understood: what is allowed are flags, see --help")]
    public void TryRead_WhatIsNoFlag_SaysWhatWasMeant(Parts part, string argument, string expected)
    {
        Assert.False(GatewayFlags.TryRead([argument], part, out _, out var error));

        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("--http")]
    [InlineData("--http", "--silo", "1")]
    public void TryRead_AFlagWithoutValue_SaysWhatIsAllowed(params string[] args)
    {
        Assert.False(GatewayFlags.TryRead(args, Parts.Node, out _, out var error));

        Assert.Equal("--http (Gateway:Http) has no value; allowed is a port, 1 to 65535", error);
    }

    [Fact]
    public void TryRead_ABadValue_NamesIt()
    {
        Assert.False(GatewayFlags.TryRead(["--http", "eighty"], Parts.Node, out _, out var error));

        Assert.Equal("--http (Gateway:Http) is 'eighty'; allowed is a port, 1 to 65535", error);
    }

    [Theory]
    [InlineData(Parts.Node)]
    [InlineData(Parts.Numbers)]
    public void TryRead_EveryCommonFlag_IsKnownToEveryPart(Parts part)
    {
        var common = GatewaySettings.All.Where(x => x.AcceptedBy == Parts.All).ToArray();
        var args = common.SelectMany<Setting, string>(x => x.IsSwitch ? [x.Flag] : [x.Flag, x.Default]);

        Assert.True(GatewayFlags.TryRead([.. args], part, out var settings, out var error), error);
        Assert.Equal(common.Length, settings.Count);
    }

    [Fact]
    public void Write_ThenTryRead_GivesTheSame()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Gateway:Node"] = "7",
            ["Gateway:State"] = "a b",
            ["Gateway:NoNumbers"] = "true",
            ["Gateway:Membership"] = "development",
        };

        Assert.True(GatewayFlags.TryRead([.. GatewayFlags.Write(settings, Parts.Node)], Parts.Node, out var read, out var error), error);
        Assert.Equal(settings, read);
    }

    [Fact]
    public void Write_ForAPart_LeavesOutWhatItHasNoFlagFor()
    {
        var settings = new Dictionary<string, string?> { ["Gateway:Nodes"] = "5", ["Gateway:Node"] = "1", ["Gateway:NoNumbers"] = "false", ["NumberServer:RatePerMinute"] = "9" };

        Assert.Equal(["--rate", "9"], GatewayFlags.Write(settings, Parts.Numbers));
    }
}
