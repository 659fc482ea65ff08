using CsCheck;
using OrleansGateway.Streams;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Streams;

public class OutboxTests
{
    private const int Kilobyte = 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(20);

    private readonly ManualTime _time = new();
    private readonly FakeConsumer _consumer = new();
    private readonly Outbox _outbox;

    public OutboxTests() => _outbox = new Outbox(Guid.NewGuid(), Guid.NewGuid(), _consumer, _time);

    [Fact]
    public void Add_WhileACallIsUnderWay_GoesTogetherWithTheNext()
    {
        Add(1, 2, 3, 4);
        Assert.Equal([[1]], Sizes());
        _consumer.Take();
        Assert.Equal([[1], [2, 3, 4]], Sizes());
        _consumer.Take();
        Assert.False(_consumer.IsCalled);
        Add(5);
        Assert.Equal([[1], [2, 3, 4], [5]], Sizes());
    }

    [Fact]
    public void Add_MoreThanFitsOneCall_GoesInSeveralOfAtMost64Kilobytes()
    {
        Add(1);
        Add(Enumerable.Repeat(20 * Kilobyte, 7).ToArray());
        _consumer.IsQuick = true;
        _consumer.Take();
        Assert.Equal([1, 3, 3, 1], _consumer.Calls.Select(x => x.Length));
    }

    [Fact]
    public void Add_ItemLargerThanACall_GoesAlone()
    {
        Add(1, 10, 100 * Kilobyte, 10);
        _consumer.IsQuick = true;
        _consumer.Take();
        Assert.Equal([[1], [10], [100 * Kilobyte], [10]], Sizes());
    }

    [Fact]
    public void Add_ItemThatDoesNotTellItsSize_CountsForSomething()
    {
        _outbox.Add("first");
        for (var i = 0; i < 2000; i++)
        {
            _outbox.Add("more");
        }

        _consumer.Take();
        Assert.InRange(_consumer.Calls[1].Length, 100, 1999);
    }

    [Fact]
    public async Task WaitUntilTaken_ItemsWaitAndAreUnderWay_EndsWhenAllWereTaken()
    {
        Assert.True(_outbox.WaitUntilTaken().IsCompleted);
        _outbox.Add("under way");
        _outbox.Add("waits");
        var taken = _outbox.WaitUntilTaken();
        _consumer.Take();
        Assert.False(taken.IsCompleted);
        _consumer.Take();
        await taken.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task WaitUntilTaken_SubscriberTakesNothing_EndsAfterHalfASecond()
    {
        _outbox.Add("under way");
        var taken = _outbox.WaitUntilTaken();
        _time.Advance(Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(taken.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await taken.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Deliver_Fails_IsTriedAgainWithTheSameItemsFirst()
    {
        Add(1);
        Add(2);
        _consumer.Fail();
        Assert.False(_consumer.IsCalled);
        Add(3);
        _time.Advance(FirstBackoff - TimeSpan.FromTicks(1));
        Assert.False(_consumer.IsCalled);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([[1], [1, 2, 3]], Sizes());
        _consumer.Take();
        Assert.Equal([1, 2, 3], Taken());
    }

    [Fact]
    public void Deliver_FailsAgainAndAgain_IsTriedEverLaterButOnceASecond()
    {
        Add(1);
        foreach (var wait in new[] { 20, 40, 80, 160, 320, 640, 1000, 1000 })
        {
            _consumer.Fail();
            Assert.True(_time.IsAwaited(TimeSpan.FromMilliseconds(wait)), $"{wait} ms");
            _time.Advance(TimeSpan.FromMilliseconds(wait));
        }

        // It went well: the next failure is the first again.
        _consumer.Take();
        Add(2);
        _consumer.Fail();
        Assert.True(_time.IsAwaited(FirstBackoff));
    }

    [Fact]
    public async Task Deliver_NoAnswer_IsTriedAgainAfter3SecondsWithTheSameItemsFirst()
    {
        Add(1, 2);
        _consumer.LoseAnswer();
        _time.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromTicks(1));
        Assert.Single(_consumer.Calls);
        _time.Advance(TimeSpan.FromTicks(1));
        await Eventually.TrueAsync(() => _time.IsAwaited(FirstBackoff), "it is to be tried again");
        _time.Advance(FirstBackoff);
        await Eventually.TrueAsync(() => _consumer.Calls.Count == 2, "it is tried again");
        Assert.Equal([[1], [1, 2]], Sizes());
        _consumer.Take();
        Assert.Equal([1, 2], Taken());
    }

    [Fact]
    public async Task Deliver_NoAnswerAgainAndAgain_WaitsLongerEachTimeUpTo30Seconds()
    {
        Add(1);
        foreach (var (wait, backoff) in new[] { (3, 20), (6, 40), (12, 80), (24, 160), (30, 320), (30, 640) })
        {
            await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromSeconds(wait)), $"it waits {wait} s for the answer");
            _consumer.LoseAnswer();
            _time.Advance(TimeSpan.FromSeconds(wait));
            await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromMilliseconds(backoff)), $"it is to be tried again in {backoff} ms");
            _time.Advance(TimeSpan.FromMilliseconds(backoff));
        }

        // An answer at last: the next call is waited for as the first was.
        await Eventually.TrueAsync(() => _consumer.IsCalled, "it is tried again");
        _consumer.Take();
        Add(2);
        await Eventually.TrueAsync(() => _time.IsAwaited(TimeSpan.FromSeconds(3)), "it waits 3 s for the answer");
    }

    [Fact]
    public void Deliver_FailsAtOnce_IsTriedAgainToo()
    {
        var outbox = new Outbox(Guid.NewGuid(), Guid.NewGuid(), new BrokenConsumer(), _time);
        outbox.Add(new Item(1));
        Assert.True(_time.IsAwaited(FirstBackoff));
    }

    [Fact]
    public async Task Deliver_ConsumerOfThisProcess_IsCalledOutsideOfTheProducersContextAndTakesItsTime()
    {
        var outbox = new Outbox(Guid.NewGuid(), Guid.NewGuid(), _consumer, _time, isPresent: true);
        var producer = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        await Task.Factory.StartNew(
            () =>
            {
                outbox.Add(new Item(1));
                outbox.Add(new Item(2));
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            producer);
        await Eventually.TrueAsync(() => _consumer.IsCalled, "it is called");
        Assert.Equal(TaskScheduler.Default, _consumer.Scheduler);
        outbox.Add(new Item(3));
        _time.Advance(TimeSpan.FromMinutes(1));
        var calls = _consumer.Calls.Count;
        _consumer.IsQuick = true;
        _consumer.Take();
        await Eventually.TrueAsync(() => _consumer.Taken.Count == 3, "it takes all");
        Assert.Equal([1, 2, 3], Taken());
        Assert.Equal(calls + 1, _consumer.Calls.Count);
    }

    [Fact]
    public async Task Deliver_ConsumerOfThisProcessFails_IsTriedAgainWithTheSameItemsFirst()
    {
        var outbox = new Outbox(Guid.NewGuid(), Guid.NewGuid(), _consumer, _time, isPresent: true);
        outbox.Add(new Item(1));
        await Eventually.TrueAsync(() => _consumer.IsCalled, "it is called");
        outbox.Add(new Item(2));
        _consumer.Fail();
        await Eventually.TrueAsync(() => _time.IsAwaited(FirstBackoff), "it is to be tried again");
        _consumer.IsQuick = true;
        _time.Advance(FirstBackoff);
        await Eventually.TrueAsync(() => _consumer.Taken.Count == 2, "it takes all");
        Assert.Equal([[1], [1, 2]], Sizes());
    }

    [Fact]
    public void IsFull_AboveTheSoftLimit_CountsWhatIsUnderWay()
    {
        Add(Outbox.SoftLimitBytes);
        Assert.False(_outbox.IsFull);
        Add(1);
        Assert.True(_outbox.IsFull);
        _consumer.Take();
        Assert.False(_outbox.IsFull);
    }

    [Fact]
    public void WaitForRoom_Room_EndsAtOnce() => Assert.True(_outbox.WaitForRoom().IsCompletedSuccessfully);

    [Fact]
    public async Task WaitForRoom_Full_EndsWhenThereIsRoom()
    {
        Add(Outbox.SoftLimitBytes / 2, Outbox.SoftLimitBytes / 2, 10, 10);
        var room = _outbox.WaitForRoom();
        Assert.False(room.IsCompleted);
        _consumer.Take();
        await room.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public async Task WaitForRoom_SubscriberThatTakesNothingFor500Milliseconds_IsNotWaitedFor()
    {
        Add(Outbox.SoftLimitBytes, 1);
        var room = _outbox.WaitForRoom();
        _time.Advance(Patience - TimeSpan.FromTicks(1));
        Assert.False(room.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await room.WaitAsync(Eventually.Deadline);

        // Nor for the next publish, until it has taken something.
        Add(1);
        Assert.False(_outbox.IsFull);
        Assert.True(_outbox.WaitForRoom().IsCompletedSuccessfully);
        Add(Outbox.SoftLimitBytes, 1);
        _consumer.Take();
        Assert.True(_outbox.IsFull);
    }

    [Fact]
    public async Task WaitForRoom_SubscriberThatTakesSomethingNowAndThen_IsWaitedFor()
    {
        Add(Enumerable.Repeat(64 * Kilobyte, 40).ToArray());
        var room = _outbox.WaitForRoom();
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(Patience - TimeSpan.FromMilliseconds(1));
            Assert.False(room.IsCompleted);
            _consumer.Take();

            // What waits has seen the progress when it waits for the next.
            await Eventually.TrueAsync(() => room.IsCompleted || _time.IsAwaited(Patience), "it waits anew");
        }

        _consumer.IsQuick = true;
        _consumer.Take();
        await room.WaitAsync(Eventually.Deadline);
    }

    [Fact]
    public void Add_BeyondTheHardLimit_DropsTheOldestAndKeepsTheNewest()
    {
        // The first is under way; four times the soft limit may wait behind it.
        Add(1);
        var items = Enumerable.Range(0, 100).Select(_ => new Item(Outbox.HardLimitBytes / 10)).ToArray();
        foreach (var item in items)
        {
            _outbox.Add(item);
        }

        _consumer.IsQuick = true;
        _consumer.Take();
        Assert.Equal(items[^10..], _consumer.Taken.Skip(1));
    }

    [Fact]
    public void Add_ItemBeyondTheHardLimit_IsKeptAlone()
    {
        Add(1, 2, Outbox.HardLimitBytes + 1);
        _consumer.IsQuick = true;
        _consumer.Take();
        Assert.Equal([1, Outbox.HardLimitBytes + 1], Taken());
    }

    [Fact]
    public void Close_WhileACallIsUnderWay_SendsNothingMore()
    {
        Add(1, 2, Outbox.SoftLimitBytes);
        _outbox.Close();
        Assert.True(_outbox.IsClosed);
        Assert.False(_outbox.IsFull);
        _consumer.Take();
        Assert.Equal([[1]], Sizes());
    }

    [Fact]
    public void Close_WhileItIsTriedAgain_SendsNothingMore()
    {
        Add(1);
        _consumer.Fail();
        _outbox.Close();
        _time.Advance(FirstBackoff);
        Assert.Single(_consumer.Calls);
    }

    [Fact]
    public void Outbox_AnyTakesAndFailures_GivesEverythingOnceInOrder() => Gen.OneOf('a', 'a', 'a', 't', 't', 'f').Array[1, 200].Sample(
        steps =>
        {
            var (time, consumer, added) = (new ManualTime(), new FakeConsumer(), 0);
            var outbox = new Outbox(Guid.NewGuid(), Guid.NewGuid(), consumer, time);
            foreach (var step in steps)
            {
                switch (step)
                {
                    case 'a':
                        outbox.Add(added++);
                        break;
                    case 't' when consumer.IsCalled:
                        consumer.Take();
                        break;
                    case 'f' when consumer.IsCalled:
                        consumer.Fail();
                        break;
                    default:
                        time.Advance(TimeSpan.FromMilliseconds(300));
                        break;
                }
            }

            while (consumer.Taken.Count < added)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                if (consumer.IsCalled)
                {
                    consumer.Take();
                }
            }

            Assert.Equal(Enumerable.Range(0, added), consumer.Taken.Cast<int>());
        });

    private void Add(params int[] sizes)
    {
        foreach (var size in sizes)
        {
            _outbox.Add(new Item(size));
        }
    }

    private IEnumerable<int[]> Sizes() => _consumer.Calls.Select(x => x.Cast<Item>().Select(y => y.SizeBytes).ToArray());

    private IEnumerable<int> Taken() => _consumer.Taken.Cast<Item>().Select(x => x.SizeBytes);

    private sealed class Item(int size) : ISizedItem
    {
        public int SizeBytes => size;
    }

    private sealed class BrokenConsumer : IStreamConsumer
    {
        public Task Deliver(Guid subscription, StreamItems items) => throw new InvalidOperationException();

        public Task Ended(Guid subscription) => Task.CompletedTask;
    }
}
