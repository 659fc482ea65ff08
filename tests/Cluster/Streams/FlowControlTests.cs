using System.Diagnostics;
using OrleansGateway.Streams;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Streams;

[Collection(HealthyCluster.Name)]
public class FlowControlTests(GatewayCluster cluster)
{
    private const int MessageBytes = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task Publish_FollowerThatTakesNothing_IsWaitedForHalfASecond()
    {
        var channel = await cluster.NewChannel();
        var (stuck, seenByStuck) = await channel.Follow(cluster.Nodes[1]);
        var (quick, seenByQuick) = await channel.Follow(cluster.Nodes[2]);
        seenByStuck.Hold();

        // It goes on as long as there is room, and then when nobody waits for the stuck one any more: twice as much as fits.
        const int Messages = 2 * Outbox.SoftLimitBytes / MessageBytes;
        var clock = Stopwatch.StartNew();
        for (var i = 1; i <= Messages; i++)
        {
            await channel.Publish(Large(i)).WaitAsync(Eventually.Deadline);
        }

        Assert.True(clock.Elapsed >= Patience, $"{clock.Elapsed}");

        // The other one has everything, and the one that was stuck misses nothing either.
        await seenByQuick.HasAsync(Messages);
        Assert.Empty(seenByStuck.Messages);
        seenByStuck.Release();
        await seenByStuck.HasAsync(Messages);
        foreach (var (follower, sink) in new[] { (stuck, seenByStuck), (quick, seenByQuick) })
        {
            Assert.Equal(Enumerable.Range(1, Messages).Select(x => (long)x), sink.Messages.Select(x => x.Id.Offset));
            Assert.Empty(sink.Events);
            await follower.DisposeAsync();
        }
    }

    [Fact]
    public async Task Publish_FollowerStuckForAMoment_GoesOnWhenThatDoes()
    {
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.Follow(cluster.Nodes[1]);
        sink.Hold();

        // All at once, so that the last ones find no room.
        var publishes = Enumerable.Range(1, 40).Select(i => channel.Publish(Large(i))).ToList();
        await Eventually.TrueAsync(() => publishes.Count(x => x.IsCompleted) >= (Outbox.SoftLimitBytes / MessageBytes) - 1, "those for which there is room");
        sink.Release();
        await Task.WhenAll(publishes).WaitAsync(Eventually.Deadline);
        await sink.HasAsync(40);
        Assert.Empty(sink.Events);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task Deliver_FollowerThatIsStuck_HoldsUpNoOtherChannelOfItsNode()
    {
        var (stuckChannel, otherChannel) = (await cluster.NewChannel(), await cluster.NewChannel());
        var (stuck, seenByStuck) = await stuckChannel.Follow(cluster.Nodes[1]);
        var (other, seenByOther) = await otherChannel.Follow(cluster.Nodes[1]);
        seenByStuck.Hold();
        await stuckChannel.Publish("1");
        await otherChannel.Publish("1", "2");
        await seenByOther.HasAsync("2");
        Assert.Empty(seenByStuck.Messages);

        seenByStuck.Release();
        await seenByStuck.HasAsync("1");
        await stuck.DisposeAsync();
        await other.DisposeAsync();
    }

    [Fact]
    public async Task Publish_FollowerStuckForLong_DropsWhatItCanReadLater()
    {
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.Follow(cluster.Nodes[1]);
        sink.Hold();

        // More than waits for anybody, less than the channel keeps.
        const int Messages = 2 * Outbox.HardLimitBytes / MessageBytes;
        for (var i = 1; i <= Messages; i++)
        {
            await channel.Publish(Large(i)).WaitAsync(Eventually.Deadline);
        }

        sink.Release();
        await sink.HasAsync(Messages);
        Assert.Equal(Enumerable.Range(1, Messages).Select(x => (long)x), sink.Messages.Select(x => x.Id.Offset));
        Assert.Empty(sink.Events);
        await follower.DisposeAsync();
    }

    private static string Large(int number) => number.ToString().PadRight(MessageBytes);
}
