using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

[Collection(HealthyCluster.Name)]
public class ChannelOrderTests(GatewayCluster cluster)
{
    private const int Publishers = 12;
    private const int Each = 100;

    [Fact]
    public async Task Publish_ManyAtOnceFromEverywhere_IsOneOrderThatAllSeeAlike()
    {
        var channel = await cluster.NewChannel(cluster.Nodes[1]);
        var followers = new List<(ChannelFollower Follower, RecordingSink Sink)> { await channel.FollowFromOutside() };
        foreach (var node in cluster.Nodes)
        {
            followers.Add(await channel.Follow(node));
        }

        IChannelGrain[] ways = [channel.Grain, .. cluster.Nodes.Select(channel.From)];
        var results = await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async publisher =>
        {
            var mine = new List<(MessageId Id, string Text)>();
            for (var i = 0; i < Each; i++)
            {
                var text = $"{publisher}:{i}";
                var result = await ways[publisher % ways.Length].Publish(TestChannel.Request(text));
                Assert.Equal(PublishStatus.Accepted, result.Status);
                mine.Add((new MessageId(result.Epoch, result.FirstOffset), text));
            }

            return mine;
        }));

        // Numbered from 1 without a hole, each publisher's own in the order in which it sent them.
        var published = results.SelectMany(x => x).OrderBy(x => x.Id.Offset).ToList();
        Assert.Equal(Enumerable.Range(1, Publishers * Each).Select(x => (long)x), published.Select(x => x.Id.Offset));
        Assert.Single(published.Select(x => x.Id.Epoch).Distinct());
        Assert.All(results, x => Assert.Equal(x.Select(y => y.Id.Offset).Order(), x.Select(y => y.Id.Offset)));

        foreach (var (follower, sink) in followers)
        {
            await sink.HasAsync(published.Count);
            Assert.Equal(published, sink.Messages);
            Assert.Empty(sink.Events);
            Assert.Equal(published[^1].Id, follower.Position);
            await follower.DisposeAsync();
        }
    }
}
