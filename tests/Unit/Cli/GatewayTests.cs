using System.Globalization;
using OrleansGateway.Cli;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Hosting;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class GatewayTests : IDisposable
{
    private readonly TemporaryState _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void Wanted_OfANewGateway_AreTheNodesAndTheNumbers()
    {
        var parts = Open(Intent.Start, ("Gateway:Nodes", "2"), ("Gateway:Http", "9000")).Wanted();

        Assert.Equal(["node-1", "node-2", "numbers"], parts.Select(x => x.Name));
        Assert.Equal(["http://127.0.0.1:9000", "http://127.0.0.1:9001", "127.0.0.1:7776"], parts.Select(x => x.Address));
        Assert.Equal("127.0.0.1:11112", parts[1].Silo.ToString());
    }

    [Fact]
    public void Wanted_WithoutNumbers_AreTheNodes() =>
        Assert.Equal(["node-1"], Open(Intent.Start, ("Gateway:Nodes", "1"), ("Gateway:NoNumbers", "true")).Wanted().Select(x => x.Name));

    [Fact]
    public void Known_OfANewGateway_IsNothing() => Assert.Empty(Open(Intent.Use).Known());

    [Fact]
    public void Address_OfANodeThatListensEverywhere_IsThatOfThisMachine()
    {
        Assert.Equal("http://127.0.0.1:8088", Open(Intent.Use, ("Gateway:Bind", "0.0.0.0")).Part("node-1").Address);
        Assert.Equal("http://[::1]:8088", Open(Intent.Use, ("Gateway:Bind", "::")).Part("node-1").Address);
    }

    [Fact]
    public async Task Open_AfterAStart_RemembersItsFlags()
    {
        await StartAsync(("Gateway:Http", "9000"), ("Gateway:Nodes", "5"), ("NumberServer:RatePerMinute", "600"));

        var gateway = Open(Intent.Use);

        Assert.Equal(6, gateway.Known().Count);
        Assert.Equal("http://127.0.0.1:9004", gateway.Part("node-5").Address);
        Assert.Equal("http://127.0.0.1:9005", gateway.Part("node-6").Address);
        Assert.Equal("600", gateway.Part("numbers").Settings["NumberServer:RatePerMinute"]);
    }

    [Fact]
    public async Task Open_WithAFlagAfterAStart_TheFlagWins()
    {
        await StartAsync(("Gateway:Http", "9000"));

        Assert.Equal("http://127.0.0.1:9500", Open(Intent.Use, ("Gateway:Http", "9500")).Part("node-1").Address);
    }

    [Fact]
    public async Task Open_WithAFlag_DoesNotChangeAPartThatRuns()
    {
        await StartAsync(("Gateway:Http", "9000"));
        using var runs = ChildProcess.Sleeping();
        WritePidFile("node-1", runs);

        var gateway = Open(Intent.Use, ("Gateway:Http", "9500"));

        Assert.Equal("http://127.0.0.1:9000", gateway.Part("node-1").Address);
        Assert.Equal("http://127.0.0.1:9501", gateway.Part("node-2").Address);
    }

    [Fact]
    public async Task Anew_OfAPartThatRuns_HasWhatTheFlagsSay()
    {
        await StartAsync(("Gateway:Http", "9000"), ("Gateway:Silo", "12000"));
        using var runs = ChildProcess.Sleeping();
        WritePidFile("node-2", runs);

        var gateway = Open(Intent.Use, ("Gateway:Http", "9500"));

        Assert.Equal([9001, 12001, 30001], gateway.Part("node-2").Ports);
        Assert.Equal([9501, 12001, 30001], gateway.Anew("node-2").Ports);
    }

    [Fact]
    public async Task Open_ToStartAfterADeath_RemembersAndAfterAStopBeginsAnew()
    {
        await StartAsync(("Gateway:Http", "9000"), ("Gateway:Nodes", "1"));
        Assert.Equal("http://127.0.0.1:9000", Open(Intent.Start).Wanted()[0].Address);

        await ClusterFile.NoteStoppedAsync(_state.Path, ["node-1", "numbers"]);

        Assert.Equal("http://127.0.0.1:8088", Open(Intent.Start).Wanted()[0].Address);
        Assert.Equal("http://127.0.0.1:9000", Open(Intent.Use).Part("node-1").Address);
    }

    [Fact]
    public async Task Open_ToGoUp_RemembersOnlyWhatRuns()
    {
        await StartAsync(("Gateway:Http", "9000"));
        Assert.Equal("http://127.0.0.1:8088", Open(Intent.Up).Wanted()[0].Address);
        using var runs = ChildProcess.Sleeping();
        WritePidFile("node-2", runs);

        Assert.Equal("http://127.0.0.1:9000", Open(Intent.Up).Wanted()[0].Address);
    }

    [Fact]
    public async Task Remember_ByManyAtOnce_LosesNothing()
    {
        await Task.WhenAll(Enumerable.Range(1, 8).Select(x => Task.Run(async () =>
        {
            var gateway = Open(Intent.Use);
            await gateway.RememberAsync([gateway.Part(PartName.OfNode(x))], all: false);
        })));

        Assert.Equal(8, Open(Intent.Use).Known().Count);
    }

    [Fact]
    public async Task Settings_ThatAReloadChanges_AreLeftToThePartUnlessAFlagSaidThem()
    {
        await StartAsync(("Gateway:Nodes", "1"));

        Assert.False(Open(Intent.Use).Part("numbers").Settings.ContainsKey("NumberServer:RatePerMinute"));
    }

    [Fact]
    public async Task Said_OfAPart_IsWhatFlagsSaidAndNotWhatIsDefault()
    {
        await StartAsync(("Gateway:Http", "9000"), ("Gateway:Nodes", "1"));

        var node = Open(Intent.Use).Part("node-1");

        Assert.Equal(["Gateway:Http", "Gateway:Nodes"], node.Said.Keys.Order());
        Assert.Equal("11111", node.Settings["Gateway:Silo"]);
        Assert.Equal("9000", node.Flags(_state.Path)["Gateway:Http"]);
        Assert.False(node.Flags(_state.Path).ContainsKey("Gateway:Silo"));
    }

    [Fact]
    public void Open_AFileThatCantBeRead_SaysWhich()
    {
        File.WriteAllText(Path.Combine(_state.Path, "cluster.json"), "{");

        Assert.Contains("cluster.json can't be read", Assert.Throws<CommandFailure>(() => Open(Intent.Use)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Part_WhosePortsWouldBeTooHigh_IsRefused() =>
        Assert.Equal(ExitCode.BadSetting, Assert.Throws<CommandFailure>(() => Open(Intent.Use, ("Gateway:Http", "65000")).Part("node-1000")).ExitCode);

    private Gateway Open(Intent intent, params (string Key, string Value)[] flags) => Gateway.Open(
        flags.Append((Key: "Gateway:State", Value: _state.Path)).ToDictionary(x => x.Key, x => (string?)x.Value), intent);

    private async Task StartAsync(params (string Key, string Value)[] flags)
    {
        var gateway = Open(Intent.Start, flags);
        await gateway.RememberAsync(gateway.Wanted(), all: true);
    }

    private void WritePidFile(string name, ChildProcess process) => File.WriteAllText(
        Path.Combine(_state.Path, $"{name}.pid"), string.Create(CultureInfo.InvariantCulture, $"{process.Identity.Pid}\n{process.Identity.StartTime}\n"));
}
