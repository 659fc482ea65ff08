using OrleansGateway.Channels;
using OrleansGateway.Streams;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Channels;

public sealed class ChannelFollowerTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly Sink _sink = new();
    private readonly FakeChannel _channel;
    private readonly ChannelFollower _follower;

    public ChannelFollowerTests()
    {
        _channel = new FakeChannel(_time, new RetentionOptions { Messages = 100 });
        _follower = new ChannelFollower(_channel.Client(), "c", _sink);
    }

    [Fact]
    public async Task StartAsync_Channel_BeginsWithTheNextMessage()
    {
        await _channel.Publish(3);
        Assert.Equal(new MessageId("aaaa", 3), await _follower.StartAsync());
        await _channel.Publish(2);
        Assert.Equal(Batches.Ids("aaaa", 4, 5), _sink.Seen);
        Assert.Equal(new MessageId("aaaa", 5), _follower.Position);
    }

    [Fact]
    public async Task StartAsync_ChannelThatCannotBeReached_TriesUntilItCan()
    {
        _channel.BeforeAnswer = () => throw new TimeoutException();
        var started = _follower.StartAsync();
        foreach (var wait in new[] { 20, 40, 80, 160, 320, 500, 500 })
        {
            await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(wait)), $"it waits {wait} ms");
            Assert.False(started.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(wait));
        }

        await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(500)), "it waits again");
        _channel.BeforeAnswer = () => Task.CompletedTask;
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(new MessageId("aaaa", 0), await started.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task StartAsync_Cancelled_GivesUp()
    {
        _channel.BeforeAnswer = () => throw new TimeoutException();
        using var cancellation = new CancellationTokenSource();
        var started = _follower.StartAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => started.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task OnNextAsync_BeforeTheStartIsOver_IsWhatThePositionSays()
    {
        // Subscribed, but the position comes late: messages that arrive meanwhile are new or not, by their numbers.
        var position = new TaskCompletionSource();
        var calls = 0;
        _channel.BeforeAnswer = () => ++calls == 2 ? position.Task : Task.CompletedTask;
        var started = _follower.StartAsync();
        var (old, next) = (_channel.Append(), _channel.Publish());
        var first = _follower.OnNextAsync(old);
        position.SetResult();
        await Task.WhenAll(started, first, next).WaitAsync(Eventually.Deadline);
        Assert.Equal(2, _follower.Position.Offset);
        Assert.Empty(_sink.Seen);
        await _channel.Publish();
        Assert.Equal(["aaaa-3"], _sink.Seen);
    }

    [Fact]
    public async Task OnNextAsync_Hole_IsReadFromTheChannelFirst()
    {
        await _follower.StartAsync();
        await _channel.Publish();
        _channel.Append(3);
        _channel.Append(2);
        await _channel.Publish();
        Assert.Equal(Batches.Ids("aaaa", 1, 7), _sink.Seen);
        Assert.Equal(1, _channel.Reads);
    }

    [Fact]
    public async Task OnNextAsync_HoleOfSeveralPages_IsReadPageByPage()
    {
        await _follower.StartAsync();
        for (var i = 0; i < 10; i++)
        {
            _channel.Append(padding: 100 * 1024);
        }

        await _channel.Publish();
        Assert.Equal(Batches.Ids("aaaa", 1, 11), _sink.Seen);
        Assert.True(_channel.Reads > 1);
    }

    [Fact]
    public async Task OnNextAsync_DoubleOrStale_IsDropped()
    {
        await _follower.StartAsync();
        var batch = await _channel.Publish(2);
        _channel.Move();
        await _channel.Publish();
        await _channel.Deliver(batch);
        await _channel.Deliver(Batches.Of("aaaa", 4, 1, term: 1));
        await _channel.Deliver(Batches.Of("zzzz", 1, 1, term: 1));
        Assert.Equal(Batches.Ids("aaaa", 1, 3), _sink.Seen);
    }

    [Fact]
    public async Task OnNextAsync_HoleThatIsNoLongerKept_IsAGap()
    {
        await _follower.StartAsync();
        await _channel.Publish();
        for (var i = 0; i < 200; i++)
        {
            _channel.Append();
        }

        await _channel.Publish();
        Assert.Equal(["aaaa-1", "gap aaaa-1 aaaa-102", .. Batches.Ids("aaaa", 103, 202)], _sink.Seen);
    }

    [Fact]
    public async Task OnNextAsync_AnotherEpoch_IsReadFromItsBeginning()
    {
        await _follower.StartAsync();
        await _channel.Publish(2);
        _channel.Lose("bbbb");
        _channel.Append(2);
        await _channel.Publish();
        Assert.Equal(["aaaa-1", "aaaa-2", "epoch bbbb-0", "bbbb-1", "bbbb-2", "bbbb-3"], _sink.Seen);
    }

    [Fact]
    public async Task OnNextAsync_ReadFails_IsTriedAgain()
    {
        await _follower.StartAsync();
        _channel.Append();
        _channel.BeforeAnswer = () => throw new TimeoutException();
        var delivered = _channel.Publish();
        await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(20)), "it waits");
        Assert.False(delivered.IsCompleted);
        _channel.BeforeAnswer = () => Task.CompletedTask;
        _time.Advance(TimeSpan.FromMilliseconds(20));
        await delivered.WaitAsync(Eventually.Deadline);
        Assert.Equal(Batches.Ids("aaaa", 1, 2), _sink.Seen);
    }

    [Fact]
    public async Task OnNextAsync_SinkFails_DeliversTheSameAgain()
    {
        await _follower.StartAsync();
        _sink.Failure = new InvalidOperationException();
        var batch = _channel.Append();
        await Assert.ThrowsAsync<InvalidOperationException>(() => _channel.Deliver(batch));
        _sink.Failure = null;
        await _channel.Deliver(batch);
        Assert.Equal(["aaaa-1"], _sink.Seen);
    }

    [Fact]
    public async Task OnErrorAsync_Interrupted_SubscribesAgainAndReadsWhatItMissed()
    {
        await _follower.StartAsync();
        await _channel.Publish();
        _channel.BeforeAnswer = () =>
        {
            // Published between the two subscriptions.
            _channel.BeforeAnswer = () => Task.CompletedTask;
            _channel.Append(2);
            return Task.CompletedTask;
        };
        await _channel.Interrupt();
        Assert.Equal(Batches.Ids("aaaa", 1, 3), _sink.Seen);
        await _channel.Publish();
        Assert.Equal(Batches.Ids("aaaa", 1, 4), _sink.Seen);
    }

    [Fact]
    public async Task OnErrorAsync_InterruptedAndTheLogLost_GoesOnWithTheNewEpoch()
    {
        await _follower.StartAsync();
        await _channel.Publish(2);
        _channel.Lose("bbbb");
        _channel.Append(2);
        await _channel.Interrupt();
        Assert.Equal(["aaaa-1", "aaaa-2", "epoch bbbb-0", "bbbb-1", "bbbb-2"], _sink.Seen);
    }

    [Fact]
    public async Task OnErrorAsync_OwnerWhoseClockIsBehind_IsToldWhatWasSeen()
    {
        await _follower.StartAsync();
        _channel.Move();
        await _channel.Publish();
        _channel.LoseToAnOwnerOfTerm(1, "bbbb");
        await _channel.Interrupt();
        Assert.Equal([new ChannelPosition(2, "aaaa", 1)], _channel.Seen);
        await _channel.Publish();
        Assert.Equal(["aaaa-1", "epoch bbbb-0", "bbbb-1"], _sink.Seen);
    }

    [Fact]
    public async Task OnErrorAsync_OtherError_IsGivenBack() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => _follower.OnErrorAsync(new InvalidOperationException()));

    [Fact]
    public async Task OnErrorAsync_ChannelThatCannotBeReached_TriesUntilItCan()
    {
        await _follower.StartAsync();
        _channel.BeforeAnswer = () => throw new TimeoutException();
        var resumed = _channel.Interrupt();
        await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(20)), "it waits");
        _channel.Append();
        _channel.BeforeAnswer = () => Task.CompletedTask;
        _time.Advance(TimeSpan.FromMilliseconds(20));
        await resumed.WaitAsync(Eventually.Deadline);
        Assert.Equal(["aaaa-1"], _sink.Seen);
    }

    [Fact]
    public async Task DisposeAsync_Follower_UnsubscribesAndTakesNothingMore()
    {
        await _follower.StartAsync();
        await _follower.DisposeAsync();
        await _follower.DisposeAsync();
        Assert.Empty(_channel.Subscribers);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _follower.OnNextAsync(Batches.Of("aaaa", 1, 1)));
        Assert.Empty(_sink.Seen);
    }

    [Fact]
    public async Task DisposeAsync_WhileItTriesToResume_EndsThat()
    {
        await _follower.StartAsync();
        _channel.BeforeAnswer = () => throw new TimeoutException();
        var resumed = _follower.OnErrorAsync(new StreamInterruptedException());
        await _follower.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resumed.WaitAsync(Eventually.Deadline));
    }

    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    private sealed class Sink : IChannelSink
    {
        public List<string> Seen { get; } = [];

        public Exception? Failure { get; set; }

        public ValueTask OnMessages(MessageBatch batch, long after)
        {
            if (Failure is not null)
            {
                throw Failure;
            }

            Seen.AddRange(batch.Texts(after));
            return ValueTask.CompletedTask;
        }

        public ValueTask OnEpoch(MessageId before, bool deleted)
        {
            Seen.Add($"epoch {before}");
            return ValueTask.CompletedTask;
        }

        public ValueTask OnGap(MessageId after, MessageId resumed)
        {
            Seen.Add($"gap {after} {resumed}");
            return ValueTask.CompletedTask;
        }
    }
}
