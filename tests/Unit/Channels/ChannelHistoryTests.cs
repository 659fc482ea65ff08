using CsCheck;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Unit.Channels;

public class ChannelHistoryTests
{
    private const string Epoch = "aaaa";

    /// <summary>A step: messages to append, how long each is, and how much time passes before.</summary>
    private static readonly Gen<(int Count, int Padding, int Later)> Step =
        Gen.Select(Gen.Int[0, 5], Gen.Int[10, 60], Gen.Frequency((9, Gen.Int[0, 3]), (1, Gen.Int[0, 200])));

    private static readonly Gen<RetentionOptions> Retention = Gen.Select(
        Gen.Int[1, 40], Gen.Int[1, 3000], Gen.Int[1, 150],
        (messages, bytes, age) => new RetentionOptions { Messages = messages, Bytes = bytes, Age = TimeSpan.FromMilliseconds(age) });

    [Fact]
    public void Read_AfterAnyOffset_GivesWhatTheModelKeeps() => Gen.Select(Retention, Step.Array[1, 120], Gen.Int[0, 400]).Sample(
        (retention, steps, maxBytes) =>
        {
            var (history, model, now) = (new ChannelHistory(() => retention), new Model(retention), 0L);
            foreach (var (count, padding, later) in steps)
            {
                now += later;
                if (count == 0)
                {
                    history.Trim(now);
                    model.Trim(now);
                }
                else
                {
                    var batch = Batches.Of(Epoch, model.Newest + 1, count, timeMs: now, padding: padding);
                    history.Append(batch, now);
                    model.Append(batch, now);
                }

                Assert.Equal((model.Newest, model.Oldest), (history.Newest, history.Oldest));
            }

            for (var after = 0L; after <= model.Newest + 1; after++)
            {
                Assert.Equal(model.After(after), history.Read(after, int.MaxValue));
                var page = history.Read(after, maxBytes);
                Assert.Equal(model.After(after).Take(page.Length), page);
                Assert.Equal(model.Page(after, maxBytes), page.Length);
            }
        },
        iter: 300);

    [Fact]
    public void Read_NothingPublished_IsEmpty()
    {
        var history = new ChannelHistory(() => new RetentionOptions());
        Assert.Equal((0, 1), (history.Newest, history.Oldest));
        Assert.Empty(history.Read(0, int.MaxValue));
    }

    [Fact]
    public void Append_MessageLargerThanTheLimit_IsKept()
    {
        var history = new ChannelHistory(() => new RetentionOptions { Bytes = 10 });
        history.Append(Batches.Of(Epoch, 1, 1), 0);
        history.Append(Batches.Of(Epoch, 2, 1, padding: 1000), 0);
        Assert.Equal((2, 2), (history.Oldest, history.Newest));
    }

    [Fact]
    public void Append_OneMessageKept_KeepsTheNewest()
    {
        var history = new ChannelHistory(() => new RetentionOptions { Messages = 1 });
        for (var offset = 1; offset <= 1000; offset++)
        {
            history.Append(Batches.Of(Epoch, offset, 1), 0);
            Assert.Equal((offset, offset), (history.Oldest, history.Newest));
        }
    }

    [Fact]
    public void Append_TenThousandAndMore_KeepsAtLeastTenThousand()
    {
        var history = new ChannelHistory(() => new RetentionOptions());
        for (var offset = 1L; offset <= 30_000; offset += 7)
        {
            history.Append(Batches.Of(Epoch, offset, 7), 0);
        }

        Assert.InRange(history.Newest - history.Oldest + 1, 10_000, 10_000 + 7);
    }

    [Fact]
    public void Trim_OlderThanTheAge_DropsEventually()
    {
        var history = new ChannelHistory(() => new RetentionOptions { Age = TimeSpan.FromMilliseconds(100) });
        history.Append(Batches.Of(Epoch, 1, 1, timeMs: 1000), 1000);
        history.Trim(1100);
        Assert.Equal(1, history.Oldest);
        history.Trim(1101);
        Assert.Equal((2, 1), (history.Oldest, history.Newest));
        Assert.Empty(history.Read(0, int.MaxValue));
    }

    [Fact]
    public void Restore_WhatAnotherKept_GoesOnFromThere()
    {
        var retention = new RetentionOptions { Messages = 10 };
        var (before, after) = (new ChannelHistory(() => retention), new ChannelHistory(() => retention));
        for (var offset = 1; offset <= 50; offset++)
        {
            before.Append(Batches.Of(Epoch, offset, 1), 0);
        }

        after.Restore(before.Newest, before.Read(0, int.MaxValue));
        Assert.Equal((before.Oldest, before.Newest), (after.Oldest, after.Newest));

        after.Append(Batches.Of(Epoch, 51, 1), 0);
        Assert.Equal((42, 51), (after.Oldest, after.Newest));
        Assert.Equal(Batches.Ids(Epoch, 42, 51), after.Read(0, int.MaxValue).SelectMany(x => x.Texts()));
    }

    [Fact]
    public void Restore_NothingKept_RemembersTheNewest()
    {
        var history = new ChannelHistory(() => new RetentionOptions());
        history.Restore(50, []);
        Assert.Equal((51, 50), (history.Oldest, history.Newest));
        history.Append(Batches.Of(Epoch, 51, 1), 0);
        Assert.Equal((51, 51), (history.Oldest, history.Newest));
    }

    /// <summary>The same rules, said as plainly as they can be.</summary>
    private sealed class Model(RetentionOptions retention)
    {
        private readonly List<(MessageBatch Batch, long TimeMs)> _kept = [];

        public long Newest { get; private set; }

        public long Oldest => _kept.Count > 0 ? _kept[0].Batch.FirstOffset : Newest + 1;

        public void Append(MessageBatch batch, long now)
        {
            _kept.Add((batch, now));
            Newest = batch.LastOffset;
            Trim(now);
        }

        public void Trim(long now)
        {
            // A batch goes when those after it are enough by themselves, or when it is too old.
            while (_kept.Count > 0
                && (_kept.Skip(1).Sum(x => x.Batch.Count) >= retention.Messages
                    || (_kept.Count > 1 && _kept.Skip(1).Sum(x => x.Batch.Data.Length) >= retention.Bytes)
                    || now - _kept[0].TimeMs > retention.Age.TotalMilliseconds))
            {
                _kept.RemoveAt(0);
            }
        }

        public IEnumerable<MessageBatch> After(long after) => _kept.Select(x => x.Batch).Where(x => x.LastOffset > after);

        public int Page(long after, int maxBytes)
        {
            var (count, bytes) = (0, 0);
            foreach (var batch in After(after))
            {
                bytes += batch.Data.Length;
                if (count > 0 && bytes > maxBytes)
                {
                    break;
                }

                count++;
            }

            return count;
        }
    }
}
