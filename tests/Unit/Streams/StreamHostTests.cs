using OrleansGateway.Streams;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Streams;

public class StreamHostTests
{
    private static readonly StreamId Stream = StreamId.Create("channel", "a");
    private static readonly StreamId Other = StreamId.Create("channel", "b");
    private static readonly TimeSpan JustWithin = StreamHost.LeaseDuration;
    private static readonly TimeSpan TooLate = StreamHost.LeaseDuration + TimeSpan.FromMilliseconds(1);

    private readonly ManualTime _time = new();
    private readonly FakeConsumer _consumer = new() { IsQuick = true };
    private readonly Guid _holder = Guid.NewGuid();
    private readonly StreamHost _host;

    public StreamHostTests()
    {
        _time.Advance(TimeSpan.FromDays(1));
        _host = new StreamHost(_time);
    }

    [Fact]
    public void Publish_StreamWithoutSubscribers_EndsAtOnce() => Assert.True(_host.Publish(Stream, "a").IsCompletedSuccessfully);

    [Fact]
    public void Publish_Subscribed_ReachesTheSubscribersOfThatStreamAlone()
    {
        var other = new FakeConsumer { IsQuick = true };
        Subscribe(Stream, _consumer, _holder);
        Subscribe(Other, other, _holder);
        _host.Publish(Stream, "a");
        Assert.Equal(["a"], _consumer.Taken);
        Assert.Empty(other.Taken);
    }

    [Fact]
    public void Remove_Subscription_GetsNothingMore()
    {
        var outbox = Subscribe(Stream, _consumer, _holder);
        _host.Remove(Stream, outbox.Subscription);
        _host.Remove(Stream, Guid.NewGuid());
        _host.Remove(Other, outbox.Subscription);
        _host.Publish(Stream, "a");
        Assert.Empty(_consumer.Calls);
    }

    [Fact]
    public void Renew_UnknownHolder_SaysSo()
    {
        Subscribe(Stream, _consumer, _holder);
        Assert.False(_host.Renew(Guid.NewGuid(), 0).Known);
        Assert.True(_host.Renew(_holder, 0).Known);
    }

    [Fact]
    public void End_Stream_TellsItsSubscribersAtOnceAndWithEachRenewalUntilAcknowledged()
    {
        var (first, second) = (Subscribe(Stream, _consumer, _holder), Subscribe(Other, _consumer, _holder));
        Assert.Empty(_host.Renew(_holder, 0).Ended);

        _host.End(Stream);
        Assert.True(first.IsClosed);
        Assert.False(second.IsClosed);
        Assert.Equal([first.Subscription], _consumer.Ends);

        var answer = _host.Renew(_holder, 0);
        Assert.Equal([first.Subscription], answer.Ended);
        _host.End(Other);
        Assert.Equal([first.Subscription, second.Subscription], _host.Renew(_holder, 0).Ended);

        var next = _host.Renew(_holder, answer.Sequence);
        Assert.Equal([second.Subscription], next.Ended);
        Assert.Empty(_host.Renew(_holder, next.Sequence).Ended);
        Assert.True(_host.Renew(_holder, next.Sequence).Known);
    }

    [Fact]
    public void End_SubscribedAgain_IsNoNewsAnyMore()
    {
        var outbox = Subscribe(Stream, _consumer, _holder);
        _host.End(Stream);
        Subscribe(Stream, _consumer, _holder, outbox.Subscription);
        Assert.Empty(_host.Renew(_holder, 0).Ended);
        _host.Publish(Stream, "a");
        Assert.Equal(["a"], _consumer.Taken);
    }

    [Fact]
    public void Renew_InTime_KeepsTheSubscriptions()
    {
        var outbox = Subscribe(Stream, _consumer, _holder);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(JustWithin);
            Assert.True(_host.Renew(_holder, 0).Known);
        }

        Assert.False(outbox.IsClosed);
    }

    [Fact]
    public void Renew_TooLate_FindsTheSubscriptionsClosed()
    {
        var outbox = Subscribe(Stream, _consumer, _holder);
        _time.Advance(TooLate);
        Assert.False(_host.Renew(_holder, 0).Known);
        Assert.True(outbox.IsClosed);
        _host.Publish(Stream, "a");
        Assert.Empty(_consumer.Calls);
    }

    [Fact]
    public void Renew_OfAnother_EndsTheLeasesThatAreOver()
    {
        var outbox = Subscribe(Stream, _consumer, _holder);
        _time.Advance(JustWithin);
        var other = Guid.NewGuid();
        Subscribe(Stream, _consumer, other);
        _host.Renew(other, 0);
        Assert.False(outbox.IsClosed);

        _time.Advance(StreamHost.LeaseDuration / 2);
        _host.Renew(other, 0);
        Assert.True(outbox.IsClosed);
        Assert.True(_host.Renew(other, 0).Known);
    }

    [Fact]
    public void Renew_AfterTheLeaseEndedAndTheHolderSubscribedToAnotherStream_SaysThatSomethingWasLost()
    {
        Subscribe(Stream, _consumer, _holder);
        var heard = _host.Renew(_holder, 0).Sequence;

        // It was frozen; when it goes on, a new subscription comes before its next renewal.
        _time.Advance(TooLate);
        _host.Renew(Guid.NewGuid(), 0);
        Subscribe(Other, _consumer, _holder);
        Assert.False(_host.Renew(_holder, heard).Known);

        // Then it knows.
        Assert.True(_host.Renew(_holder, _host.Renew(_holder, 0).Sequence).Known);
    }

    [Fact]
    public void Renew_AfterALeaseEnded_DoesNotTakeAnOldAcknowledgementForANewOne()
    {
        Subscribe(Stream, _consumer, _holder);
        _host.End(Stream);
        var heard = _host.Renew(_holder, 0).Sequence;
        _time.Advance(TooLate);
        _host.Renew(Guid.NewGuid(), 0);

        var outbox = Subscribe(Other, _consumer, _holder);
        _host.End(Other);
        var answer = _host.Renew(_holder, heard);
        Assert.True(!answer.Known || answer.Ended.Contains(outbox.Subscription));
    }

    private Outbox Subscribe(StreamId stream, FakeConsumer consumer, Guid holder, Guid? subscription = null)
    {
        var outbox = new Outbox(subscription ?? Guid.NewGuid(), holder, consumer, _time);
        _host.Add(stream, outbox, null);
        return outbox;
    }
}
