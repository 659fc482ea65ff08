using Orleans.Core.Internal;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Bridges;

/// <summary>A bridge whose calls to its channel get no answer, as when the channel's owner dies.</summary>
public sealed class LostCallTests(LoggedCluster cluster) : IClassFixture<LoggedCluster>, IDisposable
{
    public void Dispose() => cluster.MakeCallsAsTheyCome();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bridge_WhosePublishGetsNoAnswer_LosesAndDoublesNothing(bool isPublished)
    {
        var numbers = new TestChannel(cluster, ChannelName.Numbers);
        var (follower, sink) = await numbers.FollowFromOutside();
        await sink.HasAsync(5);
        var (accepted, lost) = (cluster.Numbers.Accepted, 0);
        cluster.MakeCalls(async call =>
        {
            // Also the same again: an owner is not always found at once.
            var loses = IsPublish(call) && Interlocked.Increment(ref lost) is 1 or 2 or 20;
            if (!loses || isPublished)
            {
                await call.Invoke();
            }

            if (loses)
            {
                throw new TimeoutException();
            }
        });

        await Eventually.TrueAsync(() => Volatile.Read(ref lost) >= 20, "the bridge publishes");
        await sink.HasAsync(sink.Messages.Count + 5);

        var published = sink.Texts.Select(long.Parse).ToList();
        Assert.Equal(Enumerable.Range(0, published.Count).Select(x => published[0] + x), published);
        Assert.Equal(accepted, cluster.Numbers.Accepted);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task Bridge_DeactivatedWhileItsPublishesGetNoAnswer_EndsAtOnce()
    {
        var bridge = cluster.Client.GetGrain<INumberBridgeGrain>(BridgeOptions.Numbers);
        await Eventually.TrueAsync(async () => (await bridge.Poke()).Connected, "the numbers flow");
        var lost = 0;
        cluster.MakeCalls(call => IsPublish(call) && Interlocked.Increment(ref lost) > 0 ? Task.FromException(new TimeoutException()) : call.Invoke());

        await Eventually.TrueAsync(() => Volatile.Read(ref lost) > 3, "it tries again");
        var accepted = cluster.Numbers.Accepted;
        await bridge.Cast<IGrainManagementExtension>().DeactivateOnIdle();

        // Sooner than it would give them up.
        await Eventually.TrueAsync(() => cluster.Numbers.Accepted > accepted && cluster.Numbers.Open == 1, "the next one reads").WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static bool IsPublish(IOutgoingGrainCallContext call) =>
        call.MethodName == nameof(IChannelGrain.Publish) && call.TargetId.Key.ToString() == ChannelName.Numbers;
}
