using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

public class GracefulStopTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>
{
    [Fact]
    public async Task Stop_NodeThatHoldsEverything_HandsItOverAndFollowersGoOn()
    {
        var bridge = cluster.Client.GetGrain<INumberBridgeGrain>(BridgeOptions.Numbers);
        await Eventually.TrueAsync(() => cluster.Numbers.Open == 1, "the bridge is connected");
        var leaving = (await cluster.HolderOf(bridge))!;
        var staying = cluster.Nodes.Where(x => x != leaving).ToList();
        var channel = await cluster.NewChannel(leaving);
        var before = await channel.Publish("1", "2");
        var source = await channel.Grain.OpenSource(0);
        var (inside, seenInside) = await channel.Follow(staying[0]);
        var (outside, seenOutside) = await channel.FollowFromOutside();
        await channel.Publish("3");

        await cluster.Stop(leaving);

        // The same log, elsewhere: its messages, its source, its epoch.
        var after = await channel.From(staying[0]).Publish(TestChannel.Request("4"));
        Assert.Equal((PublishStatus.Accepted, before.Epoch, before.FirstOffset + 3), (after.Status, after.Epoch, after.FirstOffset));
        Assert.Contains(await channel.Holder(), staying);
        Assert.Equal(PublishStatus.Accepted, (await channel.From(staying[1]).Publish(TestChannel.Request(source, "5"))).Status);
        var page = await channel.From(staying[1]).Read(new MessageId(before.Epoch, 0), int.MaxValue);
        Assert.Equal((1, 5), (page.Oldest, page.Batches.Sum(x => x.Count)));
        foreach (var (follower, sink) in new[] { (inside, seenInside), (outside, seenOutside) })
        {
            await sink.HasAsync("5");
            Assert.Equal(["3", "4", "5"], sink.Texts);
            Assert.Empty(sink.Events);
            await follower.DisposeAsync();
        }

        // And so the bridge.
        await Eventually.TrueAsync(() => cluster.Numbers.Open == 1 && cluster.Numbers.Accepted == 2, "the bridge has moved");
        Assert.Contains(await cluster.HolderOf(bridge), staying);
    }
}
