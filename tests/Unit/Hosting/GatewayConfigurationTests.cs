using Microsoft.Extensions.Configuration;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class GatewayConfigurationTests
{
    [Fact]
    public void TryRead_AFileAndAFlag_TheFlagWins()
    {
        using var directory = new TemporaryState();
        File.WriteAllText(Path.Combine(directory.Path, "appsettings.json"), """{ "Gateway": { "Http": 9000, "Silo": 9100 } }""");

        Assert.True(GatewayConfiguration.TryRead(directory.Path, Flags(("Gateway:Http", "9500")), out var configuration, out var error), error);
        Assert.Equal("9500", GatewaySettings.Http.In(configuration));
        Assert.Equal("9100", GatewaySettings.Silo.In(configuration));
        Assert.Equal("30000", GatewaySettings.OrleansGateway.In(configuration));
    }

    [Fact]
    public void TryRead_AFileThatIsNoJson_SaysSoInOneLine()
    {
        using var directory = new TemporaryState();
        File.WriteAllText(Path.Combine(directory.Path, "appsettings.json"), "{ \"Gateway\": {\n\n");

        Assert.False(GatewayConfiguration.TryRead(directory.Path, Flags(), out _, out var error));
        Assert.Contains("appsettings.json", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void TryValidate_TheDefaults_AreFine()
    {
        foreach (var part in new[] { Parts.Node, Parts.Numbers, Parts.Cluster })
        {
            Assert.True(GatewayConfiguration.TryValidate(Configuration(), part, out var error), error);
            Assert.Empty(GatewayConfiguration.Warnings(Configuration(), part));
        }
    }

    [Fact]
    public void TryValidate_ABadSettingOfAFile_NamesIt()
    {
        Assert.False(GatewayConfiguration.TryValidate(Configuration(("Gateway:Membership", "zookeeper")), Parts.Node, out var error));

        Assert.Equal("--membership (Gateway:Membership) is 'zookeeper'; allowed is local or development", error);
    }

    [Fact]
    public void TryValidate_ABadSettingOfAnotherPart_IsRefusedToo()
    {
        // A file is good as a whole, or bad: else it would be for each part to find out when it starts.
        Assert.False(GatewayConfiguration.TryValidate(Configuration(("NumberServer:RatePerMinute", "0")), Parts.Node, out var error));

        Assert.StartsWith("--rate (NumberServer:RatePerMinute) is '0'; allowed is ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Parts.Cluster, "65534", "allowed is a port, 1 to 65533, as node K listens on it plus K-1 and K goes up to 3")]
    [InlineData(Parts.Node, "65534", null)]
    public void TryValidate_APortThatIsTooHighForTheLastNode_IsRefused(Parts part, string port, string? expected)
    {
        var valid = GatewayConfiguration.TryValidate(Configuration(("Gateway:Http", port)), part, out var error);

        Assert.Equal(expected is null, valid);
        Assert.Equal(expected is null ? null : $"--http (Gateway:Http) is '{port}'; {expected}", error);
    }

    [Fact]
    public void TryValidate_APortThatIsTooHighForThisNode_IsRefused() =>
        Assert.False(GatewayConfiguration.TryValidate(Configuration(("Gateway:Http", "65000"), ("Gateway:Node", "1000")), Parts.Node, out _));

    [Theory]
    [InlineData("8090", "--silo (Gateway:Silo) is '8090'; allowed is a port whose range (8090 to 8092) does not meet that of --http (Gateway:Http), 8088 to 8090")]
    [InlineData("8086", "--silo (Gateway:Silo) is '8086'; allowed is a port whose range (8086 to 8088) does not meet that of --http (Gateway:Http), 8088 to 8090")]
    [InlineData("8091", null)]
    [InlineData("8085", null)]
    public void TryValidate_RangesThatMeet_AreRefused(string silo, string? expected)
    {
        GatewayConfiguration.TryValidate(Configuration(("Gateway:Silo", silo)), Parts.Cluster, out var error);

        Assert.Equal(expected, error);
    }

    [Fact]
    public void TryValidate_ANodeWithTheSamePortTwice_IsRefused()
    {
        Assert.False(GatewayConfiguration.TryValidate(Configuration(("Gateway:Silo", "8088"), ("Gateway:Node", "2")), Parts.Node, out var error));

        Assert.Contains("range (8089) does not meet that of --http (Gateway:Http), 8089", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("false", false)]
    [InlineData("true", true)]
    public void TryValidate_TheNumberServerInARange_IsRefusedUnlessItIsSomebodyElses(string noNumbers, bool expected) =>
        Assert.Equal(
            expected,
            GatewayConfiguration.TryValidate(Configuration(("Gateway:Numbers", "127.0.0.1:8090"), ("Gateway:NoNumbers", noNumbers)), Parts.Cluster, out _));

    [Fact]
    public void TryValidate_ANumberServerAtAnyPort_IsFineForItselfAlone()
    {
        var configuration = Configuration(("Gateway:Numbers", "127.0.0.1:0"));

        Assert.True(GatewayConfiguration.TryValidate(configuration, Parts.Numbers, out _));
        Assert.False(GatewayConfiguration.TryValidate(configuration, Parts.Cluster, out _));
    }

    [Theory]
    [InlineData("32765", 0)]
    [InlineData("32766", 1)]
    [InlineData("40000", 1)]
    public void Warnings_ASiloPortThatClientsMayGet_Warns(string port, int expected) =>
        Assert.Equal(expected, GatewayConfiguration.Warnings(Configuration(("Gateway:Silo", port)), Parts.Cluster).Count());

    private static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(Flags(settings)).Build();

    private static Dictionary<string, string?> Flags(params (string Key, string Value)[] settings) =>
        settings.ToDictionary(x => x.Key, x => (string?)x.Value);
}
