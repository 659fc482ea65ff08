using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

public class ChannelHolderLostTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>
{
    [Fact]
    public async Task Kill_NodeThatHoldsTheChannel_FollowersGoOnInANewEpoch()
    {
        var holder = cluster.Nodes[1];
        var channel = await cluster.NewChannel(holder);
        var survivors = cluster.Nodes.Where(x => x != holder).ToList();
        var followers = new List<(ChannelFollower Follower, RecordingSink Sink)> { await channel.FollowFromOutside() };
        foreach (var node in survivors)
        {
            followers.Add(await channel.Follow(node));
        }

        // Published from several sides all the while; what gets no answer may or may not be in the channel.
        var acknowledged = new List<(MessageId Id, string Text)>();
        using var enough = new CancellationTokenSource();
        var publishing = Task.WhenAll(survivors.Select(node => Task.Run(() => PublishUntil(channel.From(node), node.Name, acknowledged, enough.Token))));
        await followers[0].Sink.HasAsync(50);
        await cluster.Kill(holder);
        await Eventually.TrueAsync(() => followers.TrueForAll(x => x.Sink.Events.Count > 0), "a new epoch");
        var (before, after) = (followers[0].Sink.Messages.Count, followers[0].Sink.Messages[0].Id.Epoch);
        await followers[0].Sink.HasAsync(before + 50);
        await enough.CancelAsync();
        await publishing.WaitAsync(Eventually.Deadline);
        var last = await channel.Publish("last");

        Assert.NotEqual(after, last.Epoch);
        Assert.Contains(await channel.Holder(), survivors);
        foreach (var (follower, sink) in followers)
        {
            await sink.HasAsync("last");
            Assert.Equal([$"epoch {last.Epoch}-0"], sink.Events);

            // Each epoch from its first message on, without a hole; no message twice.
            var epochs = sink.Messages.GroupBy(x => x.Id.Epoch).ToList();
            Assert.Equal(2, epochs.Count);
            Assert.All(epochs, x => Assert.Equal(Enumerable.Range(1, x.Count()).Select(y => (long)y), x.Select(y => y.Id.Offset)));
            Assert.Equal(sink.Texts.Count(), sink.Texts.Distinct().Count());

            // What was acknowledged in the new epoch is there, and what is there of the old one is what was acknowledged.
            Assert.Empty(acknowledged.Where(x => x.Id.Epoch == last.Epoch).Except(sink.Messages));
            Assert.Equal(followers[0].Sink.Messages.Where(x => x.Id.Epoch == last.Epoch), sink.Messages.Where(x => x.Id.Epoch == last.Epoch));
            await follower.DisposeAsync();
        }
    }

    private static async Task PublishUntil(IChannelGrain channel, string name, List<(MessageId Id, string Text)> acknowledged, CancellationToken enough)
    {
        // At a pace at which the new epoch's messages are all still kept when the last follower finds it.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var i = 1; !enough.IsCancellationRequested; i++)
        {
            await pace.WaitForNextTickAsync(CancellationToken.None);
            try
            {
                var text = $"{name}:{i}";
                var result = await channel.Publish(TestChannel.Request(text)).WaitAsync(TimeSpan.FromSeconds(2), CancellationToken.None);
                lock (acknowledged)
                {
                    acknowledged.Add((new MessageId(result.Epoch, result.FirstOffset), text));
                }
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException)
            {
                // Its node was just lost.
            }
        }
    }
}
