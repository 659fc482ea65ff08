using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Bridges;

public class StaleBridgeTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>
{
    [Fact]
    public async Task Bridge_WhoseChannelAnotherSourceTook_PublishesNothingMoreAndBeginsAnew()
    {
        var bridge = cluster.Client.GetGrain<INumberBridgeGrain>(BridgeOptions.Numbers);
        var numbers = new TestChannel(cluster, ChannelName.Numbers);
        var (follower, sink) = await numbers.FollowFromOutside();
        await sink.HasAsync(10);
        Assert.Equal(1, cluster.Numbers.Accepted);

        // As a second bridge would that believes that the first is gone.
        var term = await numbers.Grain.OpenSource(0);
        Assert.Equal(PublishStatus.Accepted, (await numbers.Grain.Publish(TestChannel.Request(term, "taken"))).Status);
        await Eventually.TrueAsync(() => cluster.Numbers.Accepted == 2 && cluster.Numbers.Open == 1, "it begins anew");
        var seen = sink.Messages.Count;
        await sink.HasAsync(seen + 20);

        // Nothing between the last number of the former and the other's word, and then the other is stale.
        var taken = sink.Texts.ToList().IndexOf("taken");
        var published = sink.Texts.Where(x => x != "taken").Select(long.Parse).ToList();
        Assert.True(taken > 0);
        Assert.Equal(published.Distinct().Order(), published);
        Assert.Equal(PublishStatus.StaleSource, (await numbers.Grain.Publish(TestChannel.Request(term, "stale"))).Status);
        Assert.True((await bridge.Poke()).Connected);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task Bridge_WhoseChannelMoves_GoesOnWithItsConnection()
    {
        var numbers = new TestChannel(cluster, ChannelName.Numbers);
        var (follower, sink) = await numbers.FollowFromOutside();
        await sink.HasAsync(10);
        var accepted = cluster.Numbers.Accepted;
        var holder = await numbers.Holder();

        await numbers.Move(cluster.Nodes.First(x => x != holder));
        var seen = sink.Messages.Count;
        await sink.HasAsync(seen + 20);
        await numbers.Lose();
        seen = sink.Messages.Count;
        await sink.HasAsync(seen + 20);

        Assert.Equal(accepted, cluster.Numbers.Accepted);
        var published = sink.Texts.Select(long.Parse).ToList();
        Assert.Equal(published.Distinct().Order(), published);
        Assert.Single(sink.Events);
        await follower.DisposeAsync();
    }
}
