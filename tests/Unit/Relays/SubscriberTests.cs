using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Channels;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Relays;

public sealed class SubscriberTests : IAsyncLifetime, IAsyncDisposable
{
    private const int Tiny = 1;
    private static readonly TimeSpan SlowTimeout = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly FakeChannel _channel;
    private readonly ChannelRelay _relay;

    public SubscriberTests()
    {
        _time.Advance(TimeSpan.FromDays(1));
        _channel = new FakeChannel(_time, new RetentionOptions { Messages = 5000 });
        _relay = new ChannelRelay("c", _channel.Client(), _time, NullLogger<ChannelRelay>.Instance);
    }

    public Task InitializeAsync() => _relay.Started;

    public ValueTask DisposeAsync() => _relay.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task JoinLive_MessagesBefore_AreNotSent()
    {
        await _channel.Publish(3);
        var client = Connect(MessageEncoder.Raw);
        Assert.Equal(new MessageId("aaaa", 3), client.Subscriber.JoinLive());
        await _channel.Publish();
        client.Subscriber.Start();
        await _channel.Publish();
        await client.TakeUntil("aaaa-5");
        Assert.Equal(Batches.Ids("aaaa", 4, 5), client.Lines);
        Assert.Equal(0, _channel.Reads);
    }

    [Fact]
    public async Task Pump_BatchOfSeveral_GoesInOneFlush()
    {
        var client = Connect(MessageEncoder.Raw).JoinLive();
        await _channel.Publish(20);
        await client.Take();
        Assert.Equal(Batches.Ids("aaaa", 1, 20), client.Lines);
        Assert.Equal(1, client.Output.Flushes);
    }

    [Fact]
    public async Task Pump_WhileTheSocketIsFull_SendsAllThatIsPendingInTheNextFlush()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        for (var i = 0; i < 20; i++)
        {
            await _channel.Publish();
        }

        Assert.Equal(1, client.Output.Flushes);
        await client.Take();
        await client.TakeUntil("aaaa-20");
        Assert.Equal(Batches.Ids("aaaa", 1, 20), client.Lines);
        Assert.Equal(2, client.Output.Flushes);
    }

    [Fact]
    public async Task Pump_OneWhoseSocketIsFull_HoldsUpNobody()
    {
        var blocked = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        var other = Connect(MessageEncoder.Sse).JoinLive();
        for (var i = 0; i < 3000; i++)
        {
            // The publish ends although the one takes nothing.
            await _channel.Publish().WaitAsync(Eventually.Deadline);
            await other.Take();
        }

        await other.TakeUntil("aaaa-3000");
        Assert.Equal(Batches.Ids("aaaa", 1, 3000), other.Events);
        Assert.Equal(1, blocked.Output.Flushes);
    }

    [Fact]
    public async Task Pump_FellBehindTheRing_ReadsTheChannelAndIsLiveAgainWithoutHoleOrDouble()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        for (var i = 0; i < 300; i++)
        {
            await _channel.Publish(10);
        }

        await client.TakeUntil("aaaa-3000");
        Assert.Equal(Batches.Ids("aaaa", 1, 3000), client.Lines);
        Assert.NotEqual(0, _channel.Reads);

        var reads = _channel.Reads;
        await _channel.Publish(10);
        await client.TakeUntil("aaaa-3010");
        Assert.Equal(Batches.Ids("aaaa", 1, 3010), client.Lines);
        Assert.Equal(reads, _channel.Reads);
    }

    [Fact]
    public async Task Pump_FellBehindWhatIsKept_SaysTheGap()
    {
        var client = Connect(MessageEncoder.Sse, Tiny).JoinLive();
        for (var i = 0; i < 7000; i++)
        {
            await _channel.Publish();
        }

        await client.TakeUntil("aaaa-7000\n\n");
        Assert.Equal(
            ["aaaa-1", """gap aaaa-2000 {"channel":"c","after":"aaaa-1","resumed":"aaaa-2000","missed":1999}""", .. Batches.Ids("aaaa", 2001, 7000)],
            client.Events);
    }

    [Fact]
    public async Task Pump_FellBehindWhatIsKeptWithoutAWayToSayIt_Ends()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        for (var i = 0; i < 7000; i++)
        {
            await _channel.Publish();
        }

        await client.Take();
        Assert.Equal(EndReason.Slow, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
        Assert.Equal(["aaaa-1"], client.Lines);
    }

    [Fact]
    public async Task Pump_NewEpochWhileBehind_IsAGapThatNobodyCanCount()
    {
        var client = Connect(MessageEncoder.Sse, Tiny).JoinLive();
        await _channel.Publish();
        await FillWithNewEpoch();
        await client.TakeUntil("bbbb-2000\n\n");
        Assert.Equal(
            ["aaaa-1", """gap bbbb-0 {"channel":"c","after":"aaaa-1","resumed":"bbbb-0","missed":null}""", .. Batches.Ids("bbbb", 1, 2000)],
            client.Events);
    }

    [Fact]
    public async Task Pump_NewEpochWhileBehindInAFormWithoutIds_GoesOn()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        await _channel.Publish();
        await FillWithNewEpoch();
        await client.TakeUntil("bbbb-2000\n");
        Assert.Equal(["aaaa-1", .. Batches.Ids("bbbb", 1, 2000)], client.Lines);
    }

    [Fact]
    public async Task Pump_NewEpochWhileLive_GoesOn()
    {
        var client = Connect(MessageEncoder.Raw).JoinLive();
        await _channel.Publish(2);
        _channel.Lose("bbbb");
        await _channel.Publish(2);
        await client.TakeUntil("bbbb-2");
        Assert.Equal(["aaaa-1", "aaaa-2", "bbbb-1", "bbbb-2"], client.Lines);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1024 * 1024)]
    public async Task Pump_NewEpochWhileLiveInAFormWithIds_IsAGapThatNobodyCanCount(int room)
    {
        var client = Connect(MessageEncoder.Sse, room).JoinLive();
        await _channel.Publish(2);
        _channel.Lose("bbbb");
        await _channel.Publish(2);
        await client.TakeUntil("bbbb-2\n\n");
        Assert.Equal(
            ["aaaa-1", "aaaa-2", """gap bbbb-0 {"channel":"c","after":"aaaa-2","resumed":"bbbb-0","missed":null}""", "bbbb-1", "bbbb-2"], client.Events);
    }

    [Fact]
    public async Task JoinAfter_IdOfTheNewEpoch_IsToldNoGap()
    {
        await _channel.Publish(2);
        _channel.Lose("bbbb");
        await _channel.Publish(2);
        var client = Connect(MessageEncoder.Sse).JoinAfter("bbbb-0");
        await client.TakeUntil("bbbb-2\n\n");
        Assert.Equal(["bbbb-1", "bbbb-2"], client.Events);
    }

    [Fact]
    public async Task Pump_HoleThatTheNodeCouldNotRepair_IsSaidOrEnds()
    {
        var (sse, raw) = (Connect(MessageEncoder.Sse).JoinLive(), Connect(MessageEncoder.Raw).JoinLive());
        await _channel.Publish();
        await _relay.OnGap(new MessageId("aaaa", 1), new MessageId("aaaa", 5));
        await sse.TakeUntil("gap");
        await raw.TakeUntil("aaaa-1");
        Assert.Equal(["aaaa-1", """gap aaaa-5 {"channel":"c","after":"aaaa-1","resumed":"aaaa-5","missed":4}"""], sse.Events);
        Assert.Equal(EndReason.Slow, await raw.Subscriber.Ended.WaitAsync(Eventually.Deadline));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(1500, 1501)]
    [InlineData(2999, 3000)]
    [InlineData(3000, 3001)]
    public async Task JoinAfter_Id_SendsWhatCameAfterIt(long after, long first)
    {
        for (var i = 0; i < 300; i++)
        {
            await _channel.Publish(10);
        }

        var client = Connect(MessageEncoder.Raw).JoinAfter($"aaaa-{after}");
        await _channel.Publish();
        await client.TakeUntil("aaaa-3001");
        Assert.Equal(Batches.Ids("aaaa", first, 3001), client.Lines);
    }

    [Fact]
    public async Task JoinAfter_IdInTheRing_ReadsNothing()
    {
        await _channel.Publish(100);
        var client = Connect(MessageEncoder.Raw).JoinAfter("aaaa-50");
        await client.TakeUntil("aaaa-100");
        Assert.Equal(Batches.Ids("aaaa", 51, 100), client.Lines);
        Assert.Equal(0, _channel.Reads);
    }

    [Fact]
    public async Task JoinAfter_MessageThatTheNodeHasNotYet_ComesOnce()
    {
        // It comes from a node that was ahead.
        await _channel.Publish();
        var late = _channel.Append(2);
        var client = Connect(MessageEncoder.Raw).JoinAfter("aaaa-2");
        await client.TakeUntil("aaaa-3");
        await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(5)), "it waits for the node");
        await _channel.Deliver(late);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        await _channel.Publish();
        await client.TakeUntil("aaaa-4");
        Assert.Equal(Batches.Ids("aaaa", 3, 4), client.Lines);
    }

    [Fact]
    public async Task JoinAfter_ChannelThatCannotBeReached_TriesAgain()
    {
        _channel.Append(2);
        _channel.BeforeAnswer = () => throw new TimeoutException();
        var client = Connect(MessageEncoder.Raw).JoinAfter("aaaa-1");
        await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(100)), "it waits");
        _channel.BeforeAnswer = () => Task.CompletedTask;
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await client.TakeUntil("aaaa-2");
        Assert.Equal(["aaaa-2"], client.Lines);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2500)]
    [InlineData(2900, 2990)]
    public async Task JoinAfter_Until_SendsUpToThereAndIsComplete(long after, long until)
    {
        for (var i = 0; i < 300; i++)
        {
            await _channel.Publish(10);
        }

        var client = Connect(MessageEncoder.Raw).JoinAfter($"aaaa-{after}", $"aaaa-{until}");
        Assert.Equal(EndReason.Complete, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
        await client.TakeUntil($"aaaa-{until}\n");
        Assert.Equal(Batches.Ids("aaaa", after + 1, until), client.Lines);
    }

    [Fact]
    public async Task JoinAfter_UntilWhereItStands_SendsNothing()
    {
        await _channel.Publish(3);
        var client = Connect(MessageEncoder.Json).JoinAfter("aaaa-3", "aaaa-3");
        Assert.Equal(EndReason.Complete, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
        Assert.Equal(0, client.Output.Flushes);
    }

    [Fact]
    public async Task JoinAfter_UntilOfAnEpochThatIsLost_IsComplete()
    {
        await FillWithNewEpoch();
        var client = Connect(MessageEncoder.Json).JoinAfter("aaaa-0", "aaaa-7");
        Assert.Equal(EndReason.Complete, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
        Assert.Equal(0, client.Output.Flushes);
    }

    [Fact]
    public async Task NewestOnly_ViewerThatIsBehind_GetsTheNewest()
    {
        var client = Connect(MessageEncoder.Tail, Tiny).JoinLive();
        for (var i = 0; i < 50; i++)
        {
            await _channel.Publish();
        }

        await client.TakeUntil("aaaa-50");
        Assert.DoesNotContain("aaaa-2\r", client.Text);
        Assert.DoesNotContain("aaaa-49\r", client.Text);
    }

    [Fact]
    public async Task NewestOnly_ViewerThatIsBehindTheRing_GetsTheNewest()
    {
        var client = Connect(MessageEncoder.Tail, Tiny).JoinLive();
        for (var i = 0; i < 3000; i++)
        {
            await _channel.Publish();
        }

        await client.TakeUntil("aaaa-3000");
        Assert.DoesNotContain("aaaa-2\r", client.Text);
        Assert.DoesNotContain("aaaa-2999\r", client.Text);
    }

    [Fact]
    public async Task Pump_LargeMessage_GoesInPiecesWithNothingBetween()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        await _channel.Publish(padding: 1_000_000);
        await Eventually.TrueAsync(() => client.Output.Flushes == 1, "the first piece goes");
        var sent = client.Subscriber.SendControl("[ping]"u8.ToArray());
        await _channel.Publish();
        await client.Take();
        Assert.InRange(client.Text.Length, 1, 33_000);
        await client.TakeUntil("aaaa-2\n");
        Assert.Equal("aaaa-1".PadRight(1_000_000) + "\n[ping]aaaa-2\n", client.Text);
        await sent.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task End_InTheMiddleOfALargeMessage_FinishesIt()
    {
        var client = Connect(MessageEncoder.Raw, room: 64 * 1024).JoinLive();
        var taking = client.TakeUntil("[close]");
        await _channel.Publish(padding: 1_000_000);
        client.Subscriber.End(EndReason.Shutdown);
        await client.Subscriber.Ended.WaitAsync(Eventually.Deadline);
        await client.Subscriber.SendControl("[close]"u8.ToArray()).WaitAsync(Eventually.Deadline);
        await taking.WaitAsync(Eventually.Deadline);
        Assert.Equal("aaaa-1".PadRight(1_000_000) + "\n[close]", client.Text);
    }

    [Fact]
    public async Task JoinAfter_UntilALargeMessageThatIsNotTaken_IsNotComplete()
    {
        await _channel.Publish(padding: 1_000_000);
        var (stalled, taking) = (Connect(MessageEncoder.Raw, Tiny).JoinAfter("aaaa-0", "aaaa-1"), Connect(MessageEncoder.Raw, Tiny).JoinAfter("aaaa-0", "aaaa-1"));
        await stalled.Take();
        await Eventually.TrueAsync(() => stalled.Output.Flushes == 2, "the next piece goes");
        Assert.False(stalled.Subscriber.Ended.IsCompleted);
        Tick(SlowTimeout + TimeSpan.FromSeconds(1), stalled);
        Assert.Equal(EndReason.Slow, await stalled.Subscriber.Ended.WaitAsync(Eventually.Deadline));
        await taking.TakeUntil("\n");
        Assert.Equal(EndReason.Complete, await taking.Subscriber.Ended.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task NewestOnly_ViewerThatIsBehindWhatIsKept_GetsTheNewest()
    {
        var client = Connect(MessageEncoder.Tail, Tiny).JoinLive();
        for (var i = 0; i < 7000; i++)
        {
            await _channel.Publish();
        }

        await client.TakeUntil("aaaa-7000");
        Assert.False(client.Subscriber.Ended.IsCompleted);
    }

    [Fact]
    public async Task NewestOnly_NewEpochWhileLive_GoesOn()
    {
        var client = Connect(MessageEncoder.Tail).JoinLive();
        await _channel.Publish();
        _channel.Lose("bbbb");
        await _channel.Publish();
        await client.TakeUntil("bbbb-1");
        Assert.False(client.Subscriber.Ended.IsCompleted);
    }

    [Fact]
    public async Task CatchUp_ClientThatTakesNothing_HoldsOneWriteAndNoMore()
    {
        for (var i = 0; i < 40; i++)
        {
            await _channel.Publish(100, padding: 1000);
        }

        var client = Connect(MessageEncoder.Raw, Tiny).JoinAfter("aaaa-0");
        await Eventually.TrueAsync(() => client.Output.Flushes == 1, "it writes");
        await client.Take();
        Assert.InRange(client.Text.Length, 32_000, 34_000);
    }

    [Fact]
    public async Task OnTick_NothingSentForThePeriod_SendsAKeepAlive()
    {
        var (raw, socket) = (Connect(MessageEncoder.Raw).JoinLive(), Connect(MessageEncoder.WebSocket).JoinLive());
        Tick(TimeSpan.FromSeconds(4.9), raw, socket);
        Assert.Equal(0, raw.Output.Flushes);
        Tick(TimeSpan.FromSeconds(0.1), raw, socket);
        await raw.Take();
        Assert.Equal("\n", raw.Text);

        await _channel.Publish();
        Tick(TimeSpan.FromSeconds(4.9), raw, socket);
        Tick(TimeSpan.FromSeconds(0.1), raw, socket);
        Assert.Equal(3, raw.Output.Flushes);
        Tick(TimeSpan.FromHours(1), socket);
        Assert.Equal(1, socket.Output.Flushes);
    }

    [Fact]
    public async Task OnTick_TakesNothingForTheTimeout_EndsAsSlow()
    {
        var (blocked, idle) = (Connect(MessageEncoder.Raw, Tiny).JoinLive(), Connect(MessageEncoder.Raw).JoinLive());
        await _channel.Publish();
        Tick(SlowTimeout, blocked, idle);
        Assert.False(blocked.Subscriber.Ended.IsCompleted);
        Tick(TimeSpan.FromMilliseconds(1), blocked, idle);
        Assert.Equal(EndReason.Slow, await blocked.Subscriber.Ended.WaitAsync(Eventually.Deadline));
        Assert.False(idle.Subscriber.Ended.IsCompleted);
    }

    [Fact]
    public async Task OnTick_TakesLessThanAWriteNeeds_GoesOnAsLongAsItTakes()
    {
        long? taken = 5;
        var client = new RelayClient(_relay, MessageEncoder.Raw, _time, Tiny, () => taken).JoinLive();
        await _channel.Publish();
        for (var i = 0; i < 100; i++)
        {
            taken++;
            Tick(SlowTimeout, client);
        }

        Assert.False(client.Subscriber.Ended.IsCompleted);
        Tick(SlowTimeout, client);
        Assert.False(client.Subscriber.Ended.IsCompleted);
        Tick(TimeSpan.FromMilliseconds(1), client);
        Assert.Equal(EndReason.Slow, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task OnTick_NothingSentForThePeriodInJson_SaysWhereItStands()
    {
        var client = Connect(MessageEncoder.Json).JoinLive();
        await _channel.Publish();
        await client.TakeUntil("\n");
        Tick(TimeSpan.FromSeconds(15), client);
        await client.TakeUntil("keepalive");
        Assert.StartsWith("""{"event":"keepalive","id":"aaaa-1","channel":"c","time":""", client.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnTick_TakesSomethingNowAndThen_GoesOn()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        await _channel.Publish();
        for (var i = 2; i <= 5; i++)
        {
            await _channel.Publish();
            await client.Take();
            await Eventually.TrueAsync(() => client.Output.Flushes == i, "the next message is on its way");
            Tick(SlowTimeout, client);
            Assert.False(client.Subscriber.Ended.IsCompleted);
        }
    }

    [Fact]
    public async Task End_Shutdown_EndsAtOnceAndSendsNothingMore()
    {
        var client = Connect(MessageEncoder.Raw).JoinLive();
        client.Subscriber.End(EndReason.Shutdown);
        client.Subscriber.End(EndReason.Gone);
        Assert.Equal(EndReason.Shutdown, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
        await _channel.Publish();
        Assert.Equal(0, client.Output.Flushes);
    }

    [Fact]
    public async Task End_WhileTheSocketIsFull_WaitsForNobody()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        await _channel.Publish();
        client.Subscriber.End(EndReason.Shutdown);
        Assert.Equal(EndReason.Shutdown, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task End_WhileTheChannelCannotBeReached_WaitsForNobody()
    {
        var never = new TaskCompletionSource();
        _channel.BeforeAnswer = () => never.Task;
        var client = Connect(MessageEncoder.Raw).JoinAfter("aaaa-7");
        client.Subscriber.End(EndReason.Shutdown);
        Assert.Equal(EndReason.Shutdown, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task Pump_ClientGone_Ends()
    {
        var client = Connect(MessageEncoder.Raw).JoinLive();
        client.Disconnect();
        await _channel.Publish();
        Assert.Equal(EndReason.Gone, await client.Subscriber.Ended.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task SendControl_Frame_ComesBetweenMessagesAndAlsoAfterTheEnd()
    {
        var client = Connect(MessageEncoder.Raw).JoinLive();
        await _channel.Publish();
        await client.Subscriber.SendControl("[ping]"u8.ToArray()).WaitAsync(Eventually.Deadline);
        await _channel.Publish();
        client.Subscriber.End(EndReason.Shutdown);
        await client.Subscriber.SendControl("[close]"u8.ToArray()).WaitAsync(Eventually.Deadline);
        await client.TakeUntil("[close]");
        Assert.Equal("aaaa-1\n[ping]aaaa-2\n[close]", client.Text);
    }

    [Fact]
    public async Task SendControl_WhileTheSocketIsFull_EndsWhenItIsWritten()
    {
        var client = Connect(MessageEncoder.Raw, Tiny).JoinLive();
        await _channel.Publish();
        var sent = client.Subscriber.SendControl("[ping]"u8.ToArray());
        Assert.False(sent.IsCompleted);
        await client.TakeUntil("[ping]");
        await sent.WaitAsync(Eventually.Deadline);
    }

    private RelayClient Connect(MessageEncoder encoder, int room = 1024 * 1024) => new(_relay, encoder, _time, room);

    private void Tick(TimeSpan later, params RelayClient[] clients)
    {
        _time.Advance(later);
        foreach (var client in clients)
        {
            client.Subscriber.OnTick(_time.GetTimestamp(), SlowTimeout);
        }
    }

    /// <summary>Loses the log and publishes more than a ring holds.</summary>
    private async Task FillWithNewEpoch()
    {
        _channel.Lose("bbbb");
        for (var i = 0; i < 200; i++)
        {
            await _channel.Publish(10);
        }
    }
}
