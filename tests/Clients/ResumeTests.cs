using System.Globalization;

namespace OrleansGateway.Tests.Clients;

/// <summary>Two of three nodes are killed, one after the other, while everybody publishes and follows.</summary>
public sealed class TwoKills : IAsyncLifetime
{
    private const string Channel = "builds";

    // Each publisher's.
    private const int Messages = 60;
    private const int PerSecond = 12;

    private readonly List<Client> _clients = [];

    internal IReadOnlyList<Message> Log { get; private set; } = [];

    internal List<string> Published { get; } = [];

    private CountingServer Numbers { get; set; } = null!;

    private GatewayNodes Nodes { get; set; } = null!;

    private Balancer Front { get; set; } = null!;

    internal Client Find(string name) => _clients.Single(x => x.Name == name);

    public async Task InitializeAsync()
    {
        await Npm.Installed("Clients");
        Numbers = new CountingServer(20);
        Nodes = new GatewayNodes(Numbers.Address);
        await Nodes.Start(1, 2, 3);
        await Nodes.Whole(15, 1, 2, 3);
        Uri[] all = [Nodes.Address(1), Nodes.Address(2), Nodes.Address(3)];
        Front = new Balancer(all);
        await Nodes.Publish(1, Channel, "first");
        _clients.AddRange(Subscribers.StartResuming(Channel, all, Front.Address));
        await Until.True(
            () => Task.FromResult(_clients.TrueForAll(x => x.Messages.Count > 0)),
            () => $"all have begun, but not {string.Join(", ", _clients.Where(x => x.Messages.Count == 0).Select(x => $"{x.Name}: {x.Errors}"))}",
            60);

        UserProgram[] publishers = [Publishers.Curl(Channel, all), Publishers.Python(Channel, all), Publishers.Undici(Channel, all), Publishers.Ws(Channel, all)];
        // Each has published before a node is killed: undici (6.29) never ends a request whose connection is reset while it loads its parser, for the first one.
        await Task.WhenAll(publishers.Select(Begin));
        var publishing = Task.WhenAll(publishers.Select(Publish));
        foreach (var (node, seen) in new[] { (1, 40), (2, 120) })
        {
            await Until.True(async () => (await DotNet.Poll(Channel, all[2])).Count >= seen, $"{seen} messages are published", 30);
            Nodes[node].Kill();
        }

        await publishing;
        Log = await DotNet.Poll(Channel, all[2]);
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await Front.DisposeAsync();
        await Nodes.DisposeAsync();
        await Numbers.DisposeAsync();
    }

    private async Task Begin(UserProgram program, int publisher)
    {
        await Tell(program, publisher, 1);
        await Until.True(() => program.Lines.Count == 1, $"{program.Name} has begun", 30);
    }

    private async Task Publish(UserProgram program, int publisher)
    {
        await using (program)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / PerSecond));
            for (var i = 2; i <= Messages; i++)
            {
                await timer.WaitForNextTickAsync();
                await Tell(program, publisher, i);
            }

            program.EndInput();
            await program.Succeed(30);
            Assert.Equal(Messages, program.Lines.Count);
        }
    }

    private Task Tell(UserProgram program, int publisher, int message)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"publisher {publisher}, {message}");
        lock (Published)
        {
            Published.Add(text);
        }

        // curl's takes a line as it is.
        return program.Tell(publisher == 0 ? text : new Message(text).ToLine());
    }
}

/// <summary>Each client goes on when its node is killed: nothing lost, nothing doubled.</summary>
[Collection(HardWork.Name)]
public sealed class ResumeTests(TwoKills run) : IClassFixture<TwoKills>
{
    public static TheoryData<string> Names => [.. Subscribers.Resuming];

    [Fact]
    public void Publish_NodesAreKilled_EachIsThereOnce() =>
        Assert.Equal([.. run.Published.Order(StringComparer.Ordinal)], run.Log.Skip(1).Select(x => x.Text).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Subscribe_NodesAreKilled_GetsEachOnceInOrder(string name)
    {
        var client = run.Find(name);
        await Until.True(() => Task.FromResult(client.Messages.Count >= run.Log.Count), () => $"{name} gets all; it got {client.Messages.Count} of {run.Log.Count} and said: {client.Errors}", 20);
        Assert.Equal(run.Log, client.Messages);
    }
}
