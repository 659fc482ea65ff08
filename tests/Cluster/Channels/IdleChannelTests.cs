using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Cluster.Channels;

/// <summary>
/// What channels at which nothing happens take in memory: a million of them have to fit. The limits are far enough above what was
/// measured for the noise of a cluster, and below what a table or a source of cancellation for each channel would cost.
/// </summary>
[Collection(HealthyCluster.Name)]
public class IdleChannelTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const int Channels = 2000;

    [Fact]
    public async Task Channel_WithOneFollower_TakesFewBytes()
    {
        var node = cluster.Nodes[0];
        var followers = new List<ChannelFollower>();
        await Follow(100);
        var bytes = await Retained(() => Follow(Channels));
        output.WriteLine($"{bytes} bytes a channel with a follower");
        Assert.InRange(bytes, 1000, 4000);
        foreach (var follower in followers)
        {
            await follower.DisposeAsync();
        }

        async Task Follow(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var follower = new ChannelFollower(node.Client, $"test/{Guid.NewGuid():N}", Nowhere.Instance);
                await follower.StartAsync();
                followers.Add(follower);
            }
        }
    }

    [Fact]
    public async Task Channel_WithOneMessage_TakesFewBytes()
    {
        var node = cluster.Nodes[0];
        var origin = new PublishOrigin(Guid.NewGuid(), 0);
        await Publish(100);
        var bytes = await Retained(() => Publish(Channels));
        output.WriteLine($"{bytes} bytes a channel with a message");
        Assert.InRange(bytes, 1000, 3800);

        async Task Publish(int count)
        {
            for (var i = 0; i < count; i++)
            {
                origin = origin with { Sequence = origin.Sequence + 1 };
                var result = await node.Client.GetGrain<IChannelGrain>($"test/{Guid.NewGuid():N}").Publish(TestChannel.Request("1") with { Origin = origin });
                Assert.Equal(PublishStatus.Accepted, result.Status);
            }
        }
    }

    private static async Task<long> Retained(Func<Task> make)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await make();
        return (GC.GetTotalMemory(forceFullCollection: true) - before) / Channels;
    }

    private sealed class Nowhere : IChannelSink
    {
        public static Nowhere Instance { get; } = new();

        public ValueTask OnMessages(MessageBatch batch, long after) => ValueTask.CompletedTask;

        public ValueTask OnEpoch(MessageId before, bool deleted) => ValueTask.CompletedTask;

        public ValueTask OnGap(MessageId after, MessageId resumed) => ValueTask.CompletedTask;
    }
}
