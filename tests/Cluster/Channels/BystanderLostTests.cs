using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

public class BystanderLostTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>
{
    private const int Channels = 20;

    [Fact]
    public async Task Kill_NodeThatHoldsNothingOfIt_KeepsEpochAndHistory()
    {
        // Many, so that the directory's entries of some of them are on the node that dies.
        var (holder, other, victim) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        var channels = new List<(TestChannel Channel, ChannelPosition Position, ChannelFollower Follower, RecordingSink Sink)>();
        for (var i = 0; i < Channels; i++)
        {
            var channel = await cluster.NewChannel(i % 2 == 0 ? holder : other);
            var (follower, sink) = await (i % 3 == 0 ? channel.FollowFromOutside() : channel.Follow(other));
            await channel.Publish("1", "2");
            channels.Add((channel, await channel.Grain.GetPosition(), follower, sink));
        }

        await cluster.Kill(victim);
        foreach (var (channel, position, follower, sink) in channels)
        {
            await Eventually.TrueAsync(async () => await TryPublish(channel, "3"), "it can be published");
            var after = await channel.Grain.GetPosition();
            Assert.Equal((position.Term, position.Epoch), (after.Term, after.Epoch));
            var kept = (await channel.Grain.Read(new MessageId(after.Epoch, 0), int.MaxValue)).Batches;
            Assert.Equal(after.Newest, kept.Sum(x => x.Count));
            await sink.HasAsync("3");
            Assert.Equal(["1", "2", "3"], sink.Texts.Distinct());
            Assert.Empty(sink.Events);
            await follower.DisposeAsync();
        }
    }

    private static async Task<bool> TryPublish(TestChannel channel, string text)
    {
        try
        {
            await channel.Publish(text).WaitAsync(TimeSpan.FromSeconds(2));
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            // The outside client may have come by way of the node that died.
            return false;
        }
    }
}
