using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using OrleansGateway.Cli;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Tests.Unit.Hosting;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class NodesTests
{
    private static readonly Uri One = new("http://127.0.0.1:1"), Two = new("http://127.0.0.1:2"), Other = new("http://10.0.0.1:1");

    [Fact]
    public void NodeRing_LearnsOnlyWhatIsOfTheSameMachineOrNone()
    {
        var here = new NodeRing([One]);
        here.Learn([One, Two, Other]);
        var elsewhere = new NodeRing([new Uri("http://gateway.example")]);
        elsewhere.Learn([One, Other]);

        Assert.Equal([One, Two], here.All);
        Assert.Equal([new Uri("http://gateway.example"), Other], elsewhere.All);
    }

    [Fact]
    public void NodeRing_OfHttps_LearnsNothingOfHttp()
    {
        var ring = new NodeRing([new Uri("https://gateway.example")]);

        ring.Learn([Other, new Uri("https://10.0.0.2")]);

        Assert.Equal([new Uri("https://gateway.example"), new Uri("https://10.0.0.2")], ring.All);
    }

    [Theory]
    [InlineData("localhost:8088", "http://localhost:8088/")]
    [InlineData("https://gateway.example", "https://gateway.example/")]
    [InlineData("10.0.0.1", "http://10.0.0.1/")]
    public void NodeFlags_OfAnAddress_IsIt(string text, string expected) => Assert.Equal(expected, NodeFlags.Parse(text).AbsoluteUri);

    [Theory]
    [InlineData("", "http://127.0.0.1:9000/")]
    [InlineData("--http 9000", "http://127.0.0.1:9000/")]
    [InlineData("--http 9500", null)]
    [InlineData("--http 9000 --bind 127.0.0.2", null)]
    [InlineData("--http 9500 --url here:1", "http://here:1/")]
    public async Task NodeFlags_OfANodeThatRuns_RefuseWhereItIsNot(string flags, string? expected)
    {
        using var state = new TemporaryState();
        using var runs = ChildProcess.Sleeping();
        await File.WriteAllTextAsync(Path.Combine(state.Path, "node-1.pid"), $"{runs.Identity.Pid}\n{runs.Identity.StartTime}\n");
        var gateway = Gateway.Open(new Dictionary<string, string?> { ["Gateway:State"] = state.Path, ["Gateway:Http"] = "9000" }, Intent.Use);
        await gateway.RememberAsync([gateway.Part("node-1")], all: false);
        var command = new Command("command");
        var nodes = new NodeFlags(command);

        string Read() => nodes.Read(command.Parse($"--state {state.Path} {flags}")).Current.AbsoluteUri;

        if (expected is not null)
        {
            Assert.Equal(expected, Read());
            return;
        }

        var refusal = Assert.Throws<CommandFailure>(Read);
        Assert.Equal(2, refusal.ExitCode);
        Assert.EndsWith($"; node-1 of {state.Path} runs at http://127.0.0.1:9000; --url or --state says which other gateway is meant", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://x")]
    [InlineData("http://x/a/b")]
    [InlineData("http://me@x")]
    public void NodeFlags_OfSomethingElse_Refuses(string text) => Assert.Equal(2, Assert.Throws<CommandFailure>(() => NodeFlags.Parse(text)).ExitCode);

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("/a/b", "a/b")]
    [InlineData("a b?#%", "a%20b%3F%23%25")]
    [InlineData("名", "%E5%90%8D")]
    public void ChannelPath_OfAChannel_IsEscaped(string channel, string expected) => Assert.Equal(expected, ChannelPath.Of(channel));

    [Theory]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("..")]
    [InlineData("a/*")]
    [InlineData("a,b")]
    public void ChannelPath_OfNoChannel_Refuses(string channel) => Assert.Equal(2, Assert.Throws<CommandFailure>(() => ChannelPath.Of(channel)).ExitCode);

    [Fact]
    public void ChannelPath_OfSeveral_JoinsThem()
    {
        Assert.Equal("a/b,c,d/*,*", ChannelPath.Of(["a/b,c", "/d/*", "c", "*"]));
        Assert.Throws<CommandFailure>(() => ChannelPath.Of(["a", "b*"]));
    }

    [Fact]
    public async Task NodeClient_OfANodeThatIsNotThere_HasNotReachedIt()
    {
        using var node = new TcpListener(IPAddress.Loopback, 0);
        node.Start();
        var address = new Uri($"http://{node.LocalEndpoint}");
        node.Stop();

        Assert.False((await AskAsync(address, TimeSpan.FromSeconds(20))).Reached);
    }

    [Fact]
    public async Task NodeClient_OfANodeThatDoesNotAnswer_HasReachedIt()
    {
        // The system takes its connections, as it does for a process that is stopped.
        using var node = new TcpListener(IPAddress.Loopback, 0);
        node.Start();

        var failure = await AskAsync(new Uri($"http://{node.LocalEndpoint}"), TimeSpan.FromMilliseconds(300));

        Assert.Equal((true, $"http://{node.LocalEndpoint} does not answer within 0.3 s"), (failure.Reached, failure.Message));
    }

    [Fact]
    public async Task NodeClient_OfANodeThatTakesNoConnection_HasNotReachedIt()
    {
        using var node = new TcpListener(IPAddress.Loopback, 0);
        node.Start(backlog: 0);
        using var queue = new TcpClient();
        await queue.ConnectAsync((IPEndPoint)node.LocalEndpoint);

        var failure = await AskAsync(new Uri($"http://{node.LocalEndpoint}"), TimeSpan.FromSeconds(20));

        Assert.Equal((false, $"http://{node.LocalEndpoint} does not answer within 2 s"), (failure.Reached, failure.Message));
    }

    [Fact]
    public async Task Attempts_OfOneWhoReachesNobody_EndAfterARound()
    {
        var ring = new NodeRing([One, Two]);
        var attempts = new Attempts(ring, TimeSpan.Zero, TimeProvider.System);

        Assert.False(await Fail());
        Assert.Equal(Two, ring.Current);

        Assert.StartsWith("no node answers: it is gone; ", (await Assert.ThrowsAsync<CommandFailure>(Fail)).Message, StringComparison.Ordinal);

        Task<bool> Fail() => attempts.FailedAsync(new NodeFailure("it is gone", reached: false), CancellationToken.None);
    }

    [Fact]
    public async Task Attempts_OfOneWhoReachedANode_GoOnAndSayTheFirstRoundInARow()
    {
        var attempts = new Attempts(new NodeRing([One]), TimeSpan.Zero, TimeProvider.System);
        attempts.Succeeded();

        Assert.True(await Fail());
        Assert.False(await Fail());
        attempts.Succeeded();
        Assert.True(await Fail());

        Task<bool> Fail() => attempts.FailedAsync(new NodeFailure("it is gone", reached: false), CancellationToken.None);
    }

    private static async Task<NodeFailure> AskAsync(Uri node, TimeSpan limit)
    {
        using var client = new NodeClient(new NodeRing([node]));
        using var request = new HttpRequestMessage(HttpMethod.Get, node);
        return await Assert.ThrowsAsync<NodeFailure>(() => client.SendAsync(request, limit, CancellationToken.None));
    }
}
