using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Channels;
using OrleansGateway.Connections;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Connections;

/// <summary>What a delivery costs between the stream and the socket, counted and not timed. What is counted is the process's, so nothing may run beside it.</summary>
[CollectionDefinition(nameof(DeliveryCostTests), DisableParallelization = true), Collection(nameof(DeliveryCostTests))]
public sealed class DeliveryCostTests : IAsyncLifetime, IDisposable
{
    private const int Subscribers = 100;
    private const int Messages = 100;

    // A message's own objects (its batch, its bytes, its entry and each form of it) are shared by all that get it.
    private const int MaxBytesAMessage = 4096;

    private readonly FakeChannel _channel = new(TimeProvider.System, new RetentionOptions { Messages = 10 });
    private readonly List<SocketPair> _clients = [];
    private readonly ChannelRelay _relay;

    public DeliveryCostTests() => _relay = new ChannelRelay("c", _channel.Client(), TimeProvider.System, NullLogger<ChannelRelay>.Instance);

    public Task InitializeAsync() => _relay.Started;

    public async Task DisposeAsync() => await _relay.DisposeAsync();

    public void Dispose() => _clients.ForEach(x => x.Dispose());

    [Theory]
    [InlineData("raw")]
    [InlineData("sse")]
    [InlineData("ws")]
    public async Task Delivery_ToSockets_AllocatesNothingAndHasOneHopForAll(string form)
    {
        var encoder = MessageEncoder.All.First(x => x.Name == form);
        List<Subscriber> subscribers = [];
        for (var i = 0; i < Subscribers; i++)
        {
            var client = new SocketPair();
            _clients.Add(client);
            var subscriber = new ChannelSubscriber(_relay, encoder, new SocketOutput(client.Connection) { IsChunked = form != "ws" }, TimeProvider.System);
            subscriber.JoinLive();
            subscriber.Start();
            subscribers.Add(subscriber);
        }

        await Publish(subscribers, 0);
        var (bytes, hops) = await Publish(subscribers, Messages);
        Assert.InRange(bytes, 0, Messages * MaxBytesAMessage);
        Assert.InRange(hops, 0, Messages * 4);

        // Nothing was left out to be cheap.
        Assert.All(subscribers, x => Assert.Equal(2 * Messages, x.Delivered));
    }

    private async Task<(long Bytes, long Hops)> Publish(List<Subscriber> subscribers, int before)
    {
        var start = (GC.GetTotalAllocatedBytes(precise: true), ThreadPool.CompletedWorkItemCount);
        for (var i = 0; i < Messages; i++)
        {
            // Each message by itself: several in a write would cost less.
            await _channel.Publish();
            var count = before + i + 1;
            Assert.True(SpinWait.SpinUntil(() => Have(subscribers, count), Eventually.Deadline));
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - start.Item1, ThreadPool.CompletedWorkItemCount - start.CompletedWorkItemCount);
    }

    private static bool Have(List<Subscriber> subscribers, int count)
    {
        foreach (var subscriber in subscribers)
        {
            if (subscriber.Delivered < count)
            {
                return false;
            }
        }

        return true;
    }
}
