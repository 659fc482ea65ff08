using OrleansGateway.Streams;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Streams;

public class PublicationTests
{
    private readonly ManualTime _time = new();
    private readonly Source _source = new();
    private readonly Publication _publication;

    public PublicationTests() => _publication = new Publication(_source);

    [Fact]
    public void Publish_Nobody_EndsAtOnce() => Assert.True(_publication.Publish("a").IsCompletedSuccessfully);

    [Fact]
    public void Publish_Several_ReachesEachAndWaitsForNone()
    {
        var (first, second) = (new FakeConsumer(), new FakeConsumer { IsQuick = true });
        Subscribe(first);
        Subscribe(second);
        Assert.True(_publication.Publish("a").IsCompletedSuccessfully);
        Assert.True(_publication.Publish("b").IsCompletedSuccessfully);
        Assert.Equal(["a", "b"], second.Taken);
        first.IsQuick = true;
        first.Take();
        Assert.Equal(["a", "b"], first.Taken);
    }

    [Fact]
    public async Task Publish_OneIsFull_WaitsForIt()
    {
        var (slow, quick) = (new FakeConsumer(), new FakeConsumer { IsQuick = true });
        Subscribe(slow);
        Subscribe(quick);
        var published = Fill();
        Assert.False(published.IsCompleted);
        Assert.Equal(quick.Taken.Count, slow.Calls[0].Length + Filling - 1);

        slow.IsQuick = true;
        slow.Take();
        await published.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task Publish_OneTakesNothing_GoesOnAfter500Milliseconds()
    {
        Subscribe(new FakeConsumer());
        var published = Fill();
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(published.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await published.WaitAsync(Eventually.Deadline);
        Assert.True(_publication.Publish("a").IsCompletedSuccessfully);
    }

    [Fact]
    public void Add_SameSubscriptionAgain_ReplacesIt()
    {
        var (before, after) = (new FakeConsumer(), new FakeConsumer { IsQuick = true });
        var outbox = Subscribe(before);
        Subscribe(after, outbox.Subscription);
        Assert.True(outbox.IsClosed);
        _publication.Publish("a");
        Assert.Empty(before.Calls);
        Assert.Equal(["a"], after.Taken);
        Assert.Equal(1, _source.Subscribers);
    }

    [Fact]
    public void Remove_Subscription_GetsNothingMore()
    {
        var consumer = new FakeConsumer { IsQuick = true };
        var outbox = Subscribe(consumer);
        _publication.Remove(outbox.Subscription);
        _publication.Remove(Guid.NewGuid());
        _publication.Publish("a");
        Assert.True(outbox.IsClosed);
        Assert.Empty(consumer.Calls);
        Assert.Equal(0, _source.Subscribers);
    }

    [Fact]
    public void Publish_AfterALeaseEnded_ForgetsItsSubscription()
    {
        var outbox = Subscribe(new FakeConsumer());
        Subscribe(new FakeConsumer());
        outbox.Close();
        Assert.Equal(2, _source.Subscribers);
        _publication.Publish("a");
        Assert.Equal(1, _source.Subscribers);
        Assert.Single(_publication.Outboxes);
    }

    private const int Filling = 20;

    private Task Fill()
    {
        var published = Task.CompletedTask;
        for (var i = 0; i < Filling; i++)
        {
            published = _publication.Publish(new Item());
        }

        return published;
    }

    private Outbox Subscribe(FakeConsumer consumer, Guid? subscription = null)
    {
        var outbox = new Outbox(subscription ?? Guid.NewGuid(), Guid.NewGuid(), consumer, _time);
        _publication.Add(outbox);
        return outbox;
    }

    private sealed class Item : ISizedItem
    {
        public int SizeBytes => Outbox.SoftLimitBytes / 10;
    }

    private sealed class Source : IStreamSource
    {
        public int Subscribers { get; private set; }

        public void OnSubscribersChanged(int count) => Subscribers = count;
    }
}
