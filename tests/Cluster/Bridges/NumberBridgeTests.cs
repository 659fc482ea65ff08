using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Bridges;

public class NumberBridgeTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>
{
    [Fact]
    public async Task Bridge_OfACluster_IsOneConnectionThatMovesWhenItsNodeDies()
    {
        var bridge = cluster.Client.GetGrain<INumberBridgeGrain>(BridgeOptions.Numbers);
        await Eventually.TrueAsync(async () => (await bridge.Poke()) is { Connected: true, Published: > 10 }, "numbers flow");
        Assert.Equal(1, cluster.Numbers.Accepted);

        // Twice, so that each of the three has been it in the end or could have been.
        for (var move = 0; move < 2; move++)
        {
            var owner = (await cluster.HolderOf(bridge))!;
            Assert.Equal(owner.Address, (await bridge.Poke()).Owner);
            var numbers = new TestChannel(cluster, ChannelName.Numbers);
            var (follower, sink) = await numbers.Follow(cluster.Nodes.First(x => x != owner));
            await sink.HasAsync(5);
            var accepted = cluster.Numbers.Accepted;
            await cluster.Kill(owner);

            // While the directory recovers, one that is replaced at once may have connected too: for how long two are open is checked below.
            await Eventually.TrueAsync(() => cluster.Numbers.Accepted > accepted && cluster.Numbers.Open == 1, "one other node reads");
            var seen = sink.Messages.Count;
            await sink.HasAsync(seen + 20);

            // The source sends each number to whoever is connected: none was published by two, and none after a later one.
            var published = sink.Texts.Select(long.Parse).ToList();
            Assert.Equal(published.Distinct().Order(), published);
            await follower.DisposeAsync();
        }

        Assert.Equal(1, cluster.Numbers.Open);
        Assert.True(cluster.Numbers.OpenTogether <= TimeSpan.FromSeconds(1), $"{cluster.Numbers.OpenTogether}");
    }
}
