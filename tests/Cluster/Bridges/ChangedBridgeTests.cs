using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Bridges;

/// <summary>Bridges that are added, changed and removed while the nodes run, by one node after the other as <c>gateway reload</c> does it.</summary>
public sealed class ChangedBridgeTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>, IDisposable
{
    public void Dispose()
    {
        Reload();
        cluster.MakeCallsAsTheyCome();
    }

    [Fact]
    public async Task Bridge_AddedChangedAndRemoved_TakesEffectAndLeavesTheOthersAlone()
    {
        await using var first = new NumberSource();
        await using var second = new NumberSource();
        var numbers = cluster.Client.GetGrain<INumberBridgeGrain>(BridgeOptions.Numbers);
        await Eventually.TrueAsync(async () => (await numbers.Poke()).Connected, "the numbers flow");
        var (accepted, owner) = (cluster.Numbers.Accepted, (await numbers.Poke()).Owner);
        var one = await cluster.NewChannel();
        var other = await cluster.NewChannel();
        var (follower, sink) = await one.FollowFromOutside();
        var (otherFollower, otherSink) = await other.FollowFromOutside();

        Reload(("news", From(first, one)));
        await sink.HasAsync(5);
        Assert.Equal(1, first.Open);

        Reload(("news", From(second, one)));
        await Eventually.TrueAsync(() => second.Open == 1 && first.Open == 0, "the bridge reads the other source");
        await sink.HasAsync(sink.Messages.Count + 5);

        Reload(("news", From(second, other)));
        await otherSink.HasAsync(5);
        Assert.Equal(1, second.Open);
        var before = sink.Messages.Count;
        await otherSink.HasAsync(otherSink.Messages.Count + 5);
        Assert.Equal(before, sink.Messages.Count);

        Reload();
        await Eventually.TrueAsync(() => second.Open == 0 && cluster.Nodes.All(x => Owners(x).OwnerOf("news") is null), "the bridge is gone");
        var seen = (await numbers.Poke()).Published;
        await Eventually.TrueAsync(async () => (await numbers.Poke()).Published > seen + 5, "the numbers go on");

        Assert.Equal((accepted, owner), (cluster.Numbers.Accepted, (await numbers.Poke()).Owner));
        Assert.All(cluster.Nodes, x => Assert.DoesNotContain(Owners(x).Connections(x.Address), y => y.Tags.ToArray().Any(z => Equals(z.Value, "news"))));
        await follower.DisposeAsync();
        await otherFollower.DisposeAsync();
    }

    [Fact]
    public async Task Bridge_RemovedFromTheNodeThatOwnsIt_GoesToOneThatHasIt()
    {
        await using var source = new NumberSource();
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.FollowFromOutside();
        Reload(("news", From(source, channel)));
        await sink.HasAsync(5);
        var bridge = cluster.Client.GetGrain<INumberBridgeGrain>("news");
        var owner = (await bridge.Poke()).Owner;

        cluster.Node(owner).Services.GetRequiredService<BridgeSettings>().Change();

        await Eventually.TrueAsync(() => cluster.Nodes.Any(x => Owners(x).OwnerOf("news") is { } now && !now.Equals(owner)), "another node has it");
        await sink.HasAsync(sink.Messages.Count + 5);
        Assert.Equal(1, source.Open);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task Bridge_WhoseReaderFails_IsTriedAgain()
    {
        await using var source = new NumberSource();
        var channel = await cluster.NewChannel();
        var begun = 0;
        cluster.MakeCalls(call =>
        {
            if (call.MethodName == nameof(IChannelGrain.OpenSource) && call.TargetId.Equals(channel.Grain.GetGrainId()))
            {
                Interlocked.Increment(ref begun);
            }

            return call.Invoke();
        });

        // Longer than any timer goes: no setting allows it, but a program's own options may have it.
        Reload(("news", From(source, channel) with { IdleTimeout = TimeSpan.FromDays(60) }));

        await Eventually.TrueAsync(() => Volatile.Read(ref begun) >= 2, "it begins anew");
    }

    private static BridgeOptions From(NumberSource source, TestChannel channel) => new() { Source = $"127.0.0.1:{source.Port}", Channel = channel.Name };

    private static BridgeOwners Owners(Node node) => node.Services.GetRequiredService<BridgeOwners>();

    private void Reload(params (string Name, BridgeOptions Bridge)[] bridges)
    {
        foreach (var node in cluster.Nodes)
        {
            node.Services.GetRequiredService<BridgeSettings>().Change(bridges);
        }
    }
}
