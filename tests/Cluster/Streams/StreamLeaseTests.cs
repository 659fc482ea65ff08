using OrleansGateway.Channels;
using OrleansGateway.Streams;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Streams;

[Collection(HealthyCluster.Name)]
public class StreamLeaseTests(GatewayCluster cluster)
{
    [Fact]
    public async Task Follower_WhoseLeaseEnded_SubscribesAgainAndMissesNothing()
    {
        var holder = cluster.Nodes[0];
        var channel = await cluster.NewChannel(holder);
        var (inside, seenInside) = await channel.Follow(cluster.Nodes[1]);
        var (outside, seenOutside) = await channel.FollowFromOutside();
        await channel.Publish("1");
        await Task.WhenAll(seenInside.HasAsync("1"), seenOutside.HasAsync("1"));

        // By its clock nobody renewed for a while; a renewal of anybody lets it see that.
        holder.LeaseClock.Advance(StreamHost.LeaseDuration + TimeSpan.FromSeconds(1));
        await cluster.Client.GetGrain<IStreamLeases>(holder.Address.ToParsableString()).Renew(Guid.NewGuid(), 0);

        // Published while nobody is subscribed; no later message shows the hole.
        await channel.Publish("2", "3", "4");
        await Task.WhenAll(seenInside.HasAsync("4"), seenOutside.HasAsync("4"));
        await channel.Publish("5");
        foreach (var (follower, sink) in new[] { (inside, seenInside), (outside, seenOutside) })
        {
            await sink.HasAsync("5");
            Assert.Equal(["1", "2", "3", "4", "5"], sink.Texts);
            Assert.Empty(sink.Events);
            await follower.DisposeAsync();
        }
    }

    [Fact]
    public async Task Renew_SiloOfTheKey_AnswersForItself()
    {
        // A holder that one silo knows is unknown to the others.
        var holder = Guid.NewGuid();
        var channel = await cluster.NewChannel(cluster.Nodes[2]);
        var stream = ChannelStreams.IdOf(channel.Name);
        var consumer = new Consumer();
        var host = await channel.Grain.AsReference<IStreamProducer>()
            .Subscribe(stream, Guid.NewGuid(), holder, cluster.Client.CreateObjectReference<IStreamConsumer>(consumer));
        Assert.Equal(cluster.Nodes[2].Address, host);
        foreach (var node in cluster.Nodes)
        {
            var answer = await cluster.Client.GetGrain<IStreamLeases>(node.Address.ToParsableString()).Renew(holder, 0);
            Assert.Equal(node == cluster.Nodes[2], answer.Known);
        }

        GC.KeepAlive(consumer);
    }

    private sealed class Consumer : IStreamConsumer
    {
        public Task Deliver(Guid subscription, StreamItems items) => Task.CompletedTask;

        public Task Ended(Guid subscription) => Task.CompletedTask;
    }
}
