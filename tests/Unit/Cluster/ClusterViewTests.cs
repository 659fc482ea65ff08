using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Bridges;
using OrleansGateway.Cluster;
using OrleansGateway.Streams;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Cluster;

public sealed class ClusterViewTests : IAsyncDisposable
{
    private static readonly SiloAddress Second = FakeMembership.Silo(2002);
    private static readonly SiloAddress Tenth = FakeMembership.Silo(2010);
    private static readonly DateTimeOffset Since = DateTimeOffset.UnixEpoch.AddYears(50);

    private readonly ManualTime _time = new();
    private readonly FakeMembership _membership = new();
    private readonly BridgeOwners _bridges = new();
    private readonly ConcurrentDictionary<string, Func<Task<ImmutableDictionary<SiloAddress, NodeDescription>>>> _answers = new();
    private readonly StreamConsumer _streams;
    private readonly ClusterView _view;

    public ClusterViewTests()
    {
        var grains = Fake.Of<IGrainFactory>((_, arguments) => Fake.Of<INodeGrain>((_, _) => _answers[(string)arguments[0]!]()));
        _streams = new StreamConsumer(grains, NullLogger<StreamConsumer>.Instance, _time);
        _view = new ClusterView(_membership, grains, _bridges, _streams, _time, NullLogger<ClusterView>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _view.StopAsync(CancellationToken.None);
        _view.Dispose();
        await _streams.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_Members_AreInTheOrderOfTheirNamesWithWhatTheySayOfThemselves()
    {
        Answers(Second, "node-2");
        Answers(Tenth, "node-10");
        await _view.StartAsync(CancellationToken.None);
        _membership.Set(Tenth, SiloStatus.Active, "node-10");
        _membership.Set(Second, SiloStatus.Active, "node-2");
        _bridges.Heard(BridgeOptions.Numbers, new BridgeStatus(Tenth, true, 0, 0));
        await Eventually.TrueAsync(() => _view.Nodes.Count(x => x.Since is not null) == 2, "both have answered");
        Assert.Equal(
            [
                new ClusterNode("node-2", "127.0.0.1:2002", "http://node-2", NodeStatus.Active, Since, Bridge: false),
                new ClusterNode("node-10", "127.0.0.1:2010", "http://node-10", NodeStatus.Active, Since, Bridge: true),
            ],
            _view.Nodes);
    }

    [Theory]
    [InlineData(SiloStatus.Created, NodeStatus.Joining)]
    [InlineData(SiloStatus.Joining, NodeStatus.Joining)]
    [InlineData(SiloStatus.Active, NodeStatus.Active)]
    [InlineData(SiloStatus.ShuttingDown, NodeStatus.ShuttingDown)]
    [InlineData(SiloStatus.Stopping, NodeStatus.ShuttingDown)]
    [InlineData(SiloStatus.Dead, NodeStatus.Dead)]
    public void Nodes_Status_IsThatOfTheMembership(SiloStatus status, NodeStatus expected)
    {
        _membership.Set(Second, status, "node-2");
        Assert.Equal(new ClusterNode("node-2", "127.0.0.1:2002", null, expected, null, Bridge: false), Assert.Single(_view.Nodes));
    }

    [Fact]
    public async Task Nodes_NodeThatCameBack_IsItsNewestLife()
    {
        Answers(Second, "node-2");
        await _view.StartAsync(CancellationToken.None);
        _membership.Set(Second, SiloStatus.Active, "node-2");
        await Eventually.TrueAsync(() => _view.Nodes.Any(x => x.Since is not null), "it has answered");
        _membership.Set(Second, SiloStatus.Dead, "node-2");
        _membership.Set(FakeMembership.Silo(2002, generation: 2), SiloStatus.Joining, "node-2");

        // Its address is known before it says so again.
        Assert.Equal(new ClusterNode("node-2", "127.0.0.1:2002", "http://node-2", NodeStatus.Joining, null, Bridge: false), Assert.Single(_view.Nodes));
    }

    [Fact]
    public void Nodes_NodeThatCameBackAtAnotherPort_IsThereOnce()
    {
        _membership.Set(Second, SiloStatus.Dead, "node-2");
        _membership.Set(FakeMembership.Silo(3002, generation: 2), SiloStatus.Active, "node-2");

        Assert.Equal(new ClusterNode("node-2", "127.0.0.1:3002", null, NodeStatus.Active, null, Bridge: false), Assert.Single(_view.Nodes));
    }

    [Fact]
    public async Task Nodes_NodeThatDies_StaysAndOwnsNothing()
    {
        var lost = new List<SiloAddress>();
        _view.NodeLost += lost.Add;
        Answers(Second, "node-2");
        await _view.StartAsync(CancellationToken.None);
        _membership.Set(Second, SiloStatus.Active, "node-2");
        _bridges.Heard(BridgeOptions.Numbers, new BridgeStatus(Second, true, 0, 0));
        Assert.True(Assert.Single(_view.Nodes).Bridge);
        _membership.Set(Second, SiloStatus.Dead, "node-2");
        _membership.Set(Tenth, SiloStatus.Dead, "node-10");
        await Eventually.TrueAsync(() => lost.Count == 2, "both are noticed");
        Assert.Equal([Second, Tenth], lost);
        Assert.Equal([NodeStatus.Dead, NodeStatus.Dead], _view.Nodes.Select(x => x.Status));
        Assert.DoesNotContain(_view.Nodes, x => x.Bridge);
    }

    [Fact]
    public async Task Nodes_NodeThatDiedBefore_IsWhereAnotherSaysThatItWas()
    {
        _answers[Second.ToParsableString()] = async () =>
            (await Says(Second, new NodeDescription("node-2", "http://node-2", Since))).Add(Tenth, new NodeDescription("node-10", "http://node-10", Since));
        await _view.StartAsync(CancellationToken.None);
        _membership.Set(Tenth, SiloStatus.Dead, "node-10");
        _membership.Set(Second, SiloStatus.Active, "node-2");
        await Eventually.TrueAsync(() => _view.Nodes[^1].Http == "http://node-10", "the other has said it");
    }

    [Fact]
    public async Task Nodes_NodeThatDoesNotAnswer_IsAskedAgain()
    {
        var asked = 0;
        _answers[Second.ToParsableString()] = () => ++asked < 3 ? throw new TimeoutException() : Says(Second, new NodeDescription("node-2", null, Since));
        await _view.StartAsync(CancellationToken.None);
        _membership.Set(Second, SiloStatus.Active, "node-2");
        for (var i = 0; i < 2; i++)
        {
            await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(250)), "it waits");
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        await Eventually.TrueAsync(() => _view.Nodes[0].Since == Since, "it has answered");
    }

    private void Answers(SiloAddress silo, string name) =>
        _answers[silo.ToParsableString()] = () => Says(silo, new NodeDescription(name, $"http://{name}", Since));

    private static Task<ImmutableDictionary<SiloAddress, NodeDescription>> Says(SiloAddress silo, NodeDescription description) =>
        Task.FromResult(ImmutableDictionary<SiloAddress, NodeDescription>.Empty.Add(silo, description));
}
