using CsCheck;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Unit.Channels;

public class ChannelTrackerTests
{
    /// <summary>An owner of the channel: whether it begins another epoch, and the sizes of the batches that it publishes.</summary>
    private static readonly Gen<(bool NewEpoch, int[] Batches)> Owner = Gen.Select(Gen.Bool, Gen.Int[1, 4].Array[1, 8]);

    /// <summary>What becomes of a batch on its way: how late each of its copies comes, in batches.</summary>
    private static readonly Gen<int[]> Copies = Gen.Frequency((5, Gen.Const(0)), (3, Gen.Int[0, 6])).Array[0, 3];

    [Fact]
    public void Judge_AnyInterleavingOfCopiesHolesAndStaleOwners_TakesEachOffsetOnceInOrder() =>
        Gen.Select(Owner.Array[1, 5], Copies.Array[40]).Sample(
            (owners, copies) =>
            {
                var log = Publish(owners);
                var arrivals = log
                    .SelectMany((batch, i) => copies[i % copies.Length].Select((late, copy) => (At: i + late, copy, batch)))
                    .OrderBy(x => x.At).ThenBy(x => x.copy)
                    .Select(x => x.batch)
                    .Append(log[^1])
                    .ToList();
                var reader = new Reader(log);
                arrivals.ForEach(reader.Take);

                // Each epoch that was entered is read from its beginning, without a hole or a double, and none is entered again.
                var taken = reader.Taken.GroupBy(x => x.Epoch).Select(x => (Epoch: x.Key, Offsets: x.Select(y => y.Offset).ToArray())).ToList();
                Assert.All(taken, x => Assert.Equal(Enumerable.Range(1, x.Offsets.Length).Select(y => (long)y), x.Offsets));
                Assert.Equal(reader.Taken.Select(x => x.Epoch).Distinct(), Runs(reader.Taken.Select(x => x.Epoch)));
                Assert.Equal(reader.Taken.Select(x => x.Epoch), reader.Taken.Select(x => x.Epoch).Order(StringComparer.Ordinal));
                Assert.Equal((log[^1].Epoch, log[^1].LastOffset), reader.Taken[^1]);
            },
            iter: 5_000);

    [Fact]
    public void Judge_BatchOfAnOlderTerm_IsDropped()
    {
        var tracker = At(term: 5, offset: 3);
        Assert.Equal(BatchVerdict.Drop, tracker.Judge(Batches.Of("aaaa", 4, 1, term: 4)));
        Assert.Equal(BatchVerdict.Drop, tracker.Judge(Batches.Of("bbbb", 1, 1, term: 4)));
        Assert.Equal((5, "aaaa", 3), (tracker.Term, tracker.Epoch, tracker.Offset));
    }

    [Fact]
    public void Judge_BatchOfALaterTermOfTheEpoch_AdoptsTheTerm()
    {
        var tracker = At(term: 5, offset: 3);
        Assert.Equal(BatchVerdict.Take, tracker.Judge(Batches.Of("aaaa", 4, 1, term: 6)));
        Assert.Equal(BatchVerdict.Drop, tracker.Judge(Batches.Of("aaaa", 4, 1, term: 5)));
    }

    [Theory]
    [InlineData(1, 3, BatchVerdict.Drop)]
    [InlineData(3, 1, BatchVerdict.Drop)]
    [InlineData(2, 3, BatchVerdict.Take)]
    [InlineData(4, 1, BatchVerdict.Take)]
    [InlineData(5, 1, BatchVerdict.Hole)]
    public void Judge_BatchOfTheEpoch_DependsOnWhatWasTaken(long first, int count, object expected) =>
        Assert.Equal(expected, At(term: 5, offset: 3).Judge(Batches.Of("aaaa", first, count, term: 5)));

    [Fact]
    public void Judge_BatchOfAnotherEpoch_ChangesNothingUntilItIsEntered()
    {
        var tracker = At(term: 5, offset: 3);
        var batch = Batches.Of("bbbb", 2, 1, term: 6);
        Assert.Equal(BatchVerdict.NewEpoch, tracker.Judge(batch));
        Assert.Equal((5, "aaaa", 3), (tracker.Term, tracker.Epoch, tracker.Offset));

        tracker.Enter(batch.Term, batch.Epoch, 0);
        Assert.Equal(BatchVerdict.Hole, tracker.Judge(batch));
        tracker.Advance(1);
        Assert.Equal(BatchVerdict.Take, tracker.Judge(batch));
    }

    [Fact]
    public void Advance_ToWhatWasTaken_NeverGoesBack()
    {
        var tracker = At(term: 5, offset: 3);
        tracker.Advance(2);
        Assert.Equal(3, tracker.Offset);
    }

    private static ChannelTracker At(long term, long offset)
    {
        var tracker = new ChannelTracker();
        tracker.Enter(term, "aaaa", offset);
        return tracker;
    }

    /// <summary>What the owners publish, one after the other: terms grow, offsets go on within an epoch.</summary>
    private static List<MessageBatch> Publish((bool NewEpoch, int[] Batches)[] owners)
    {
        var log = new List<MessageBatch>();
        var (epoch, next) = (0, 1L);
        for (var term = 0; term < owners.Length; term++)
        {
            if (owners[term].NewEpoch)
            {
                (epoch, next) = (epoch + 1, 1);
            }

            foreach (var count in owners[term].Batches)
            {
                log.Add(Batches.Of($"epoch{epoch}", next, count, term + 1));
                next += count;
            }
        }

        return log;
    }

    private static IEnumerable<string> Runs(IEnumerable<string> values)
    {
        string? last = null;
        foreach (var value in values)
        {
            if (value != last)
            {
                yield return last = value;
            }
        }
    }

    /// <summary>Does what the verdicts say; what is missing it reads from the log.</summary>
    private sealed class Reader
    {
        private readonly List<MessageBatch> _log;
        private ChannelTracker _tracker;

        public Reader(List<MessageBatch> log)
        {
            _log = log;
            _tracker.Enter(log[0].Term, log[0].Epoch, 0);
        }

        public List<(string Epoch, long Offset)> Taken { get; } = [];

        public void Take(MessageBatch batch)
        {
            while (true)
            {
                switch (_tracker.Judge(batch))
                {
                    case BatchVerdict.Drop:
                        return;
                    case BatchVerdict.Take:
                        Accept(batch);
                        return;
                    case BatchVerdict.NewEpoch:
                        _tracker.Enter(batch.Term, batch.Epoch, 0);
                        break;
                    case BatchVerdict.Hole:
                        _log.Where(x => x.Epoch == batch.Epoch && x.LastOffset > _tracker.Offset && x.LastOffset < batch.FirstOffset).ToList().ForEach(Accept);
                        break;
                }
            }
        }

        private void Accept(MessageBatch batch)
        {
            foreach (var message in batch)
            {
                if (message.Offset > _tracker.Offset)
                {
                    Taken.Add((batch.Epoch, message.Offset));
                }
            }

            _tracker.Advance(batch.LastOffset);
        }
    }
}
