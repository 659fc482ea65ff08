using OrleansGateway.Channels;
using OrleansGateway.Logs;

namespace OrleansGateway.Tests.Unit.Channels;

public class PublishMemoryTests
{
    private static readonly RetentionOptions Retention = new() { KeyAge = TimeSpan.FromSeconds(10), Keys = 3 };

    private readonly PublishMemory _memory = new(() => Retention);

    [Fact]
    public void Find_Key_IsFoundUntilItsTimeIsOver()
    {
        _memory.Remember(Keyed("k", 1, 1000));
        Assert.Equal((UInt128.One, 1L), (_memory.Find("k", 11_000)!.Value.Fingerprint, _memory.Find("k", 11_000)!.Value.Answer.FirstOffset));
        Assert.Null(_memory.Find("other", 1000));
        Assert.Null(_memory.Find("k", 11_001));
    }

    [Fact]
    public void Find_MoreKeysThanAreKept_TheOldestAreGone()
    {
        for (var i = 1; i <= 5; i++)
        {
            _memory.Remember(Keyed($"k{i}", i, i));
        }

        Assert.Equal([null, null, 3L, 4L, 5L], Enumerable.Range(1, 5).Select(x => _memory.Find($"k{x}", 5)?.Answer.FirstOffset));
    }

    [Fact]
    public void Find_KeyThatCameAnew_LivesByTheSecondTime()
    {
        _memory.Remember(Keyed("k", 1, 1000));
        Assert.Null(_memory.Find("k", 20_000));
        _memory.Remember(Keyed("k", 2, 20_000));
        Assert.Equal(2, _memory.Find("k", 25_000)!.Value.Answer.FirstOffset);
    }

    [Fact]
    public void Forget_WhatWasNotTaken_IsUnknownAgain()
    {
        var sender = Guid.NewGuid();
        var publishing = Keyed("k", 1, 1000, new PublishOrigin(sender, 7));
        _memory.Remember(publishing);
        Assert.Equal(7, _memory.Find(sender)!.Value.Sequence);
        _memory.Forget(publishing);
        Assert.Null(_memory.Find("k", 1000));
        Assert.Null(_memory.Find(sender));
    }

    [Fact]
    public void Forget_KeyThatCameAgainSince_LeavesIt()
    {
        var first = Keyed("k", 1, 1000);
        _memory.Remember(first);
        _memory.Remember(Keyed("k", 2, 1000));
        _memory.Forget(first);
        Assert.Equal(2, _memory.Find("k", 1000)!.Value.Answer.FirstOffset);
    }

    [Fact]
    public void Restore_WhatTheLogRemembers_IsAnsweredAtOnce()
    {
        var sender = Guid.NewGuid();
        _memory.Restore(
        [
            new LoggedPublish(1, 1, 1000, null, [new KeyedPublish("a", 1, 1, 1)]),
            new LoggedPublish(2, 3, 1000, new PublishOrigin(sender, 5), [new KeyedPublish("b", 2, 2, 1), new KeyedPublish("c", 3, 3, 2)]),
        ]);
        Assert.Equal(new Answered(3, 2, 1000, Task.CompletedTask), _memory.Find("c", 1000)!.Value.Answer);
        Assert.Equal((5, new Answered(2, 3, 1000, Task.CompletedTask)), _memory.Find(sender)!.Value);
        Assert.Equal(["a", "b", "c"], _memory.Snapshot().SelectMany(x => x.Keys ?? []).Select(x => x.Key));
    }

    [Fact]
    public void Snapshot_WhatIsUnderWay_IsNotInIt()
    {
        var publishing = Keyed("k", 1, 1000, new PublishOrigin(Guid.NewGuid(), 1));
        _memory.Remember(publishing);
        Assert.Empty(_memory.Snapshot());
        publishing.Settle();
        Assert.Equal(2, _memory.Snapshot().Length);
    }

    [Fact]
    public void Find_SenderOfLongAgo_IsForgotten()
    {
        var (old, next) = (Guid.NewGuid(), Guid.NewGuid());
        _memory.Remember(Keyed("a", 1, 100_000, new PublishOrigin(old, 1)));
        _memory.Remember(Keyed("b", 2, 129_000, new PublishOrigin(next, 1)));
        Assert.NotNull(_memory.Find(old));
        _memory.Remember(Keyed("c", 3, 131_000, new PublishOrigin(next, 2)));
        Assert.Null(_memory.Find(old));
        Assert.Equal(2, _memory.Find(next)!.Value.Sequence);
    }

    [Fact]
    public void Fingerprint_BodiesAndTypes_TellsThemApart()
    {
        MessageDraft[][] different =
        [
            [new(null, [])], [new(string.Empty, [])], [new("a", [])], [new(null, "a"u8.ToArray())], [new(null, "ab"u8.ToArray())],
            [new(null, "a"u8.ToArray()), new(null, "b"u8.ToArray())], [new("a", "b"u8.ToArray())], [new("ab", [])], [new(null, []), new(null, [])],
        ];
        Assert.Equal(different.Length, different.Select(x => PublishMemory.Fingerprint(x)).Distinct().Count());
        Assert.Equal(PublishMemory.Fingerprint(different[6]), PublishMemory.Fingerprint([new("a", "b"u8.ToArray())]));
    }

    private static OrleansGateway.Channels.Publishing Keyed(string key, long offset, long timeMs, PublishOrigin? origin = null) =>
        new(new LogEntry(Batches.Of("e", offset, 1, timeMs: timeMs), origin, [new KeyedPublish(key, 1, offset, 1)]), timeMs);
}
