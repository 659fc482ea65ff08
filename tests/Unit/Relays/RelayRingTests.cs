using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Transports;

namespace OrleansGateway.Tests.Unit.Relays;

public class RelayRingTests
{
    /// <summary>A step: what is appended (a message, one of a new epoch, a gap) and how often.</summary>
    private static readonly Gen<(char Kind, int Count, int Size)> Step = Gen.Select(
        Gen.Frequency((8, 'm'), (1, 'e'), (1, 'g')), Gen.Frequency((8, Gen.Int[1, 20]), (1, Gen.Int[900, 1200])), Gen.Frequency((9, Gen.Int[0, 2000]), (1, Gen.Int[0, 700_000])));

    private static readonly byte[] Bytes = new byte[700_000];

    [Fact]
    public void Ring_AnyAppends_HoldsWhatTheModelHolds() => Gen.Select(Step.Array[1, 30], Gen.Int[1, 200]).Sample(
        (steps, page) =>
        {
            var (ring, all) = (new RelayRing(), new List<RelayEntry>());
            var (epoch, offset) = (0, 0L);
            foreach (var (kind, count, size) in steps)
            {
                if (kind == 'e')
                {
                    (epoch, offset) = (epoch + 1, 0);
                }

                for (var i = 0; i < (kind == 'g' ? 1 : count); i++)
                {
                    var name = $"epoch{epoch}";
                    var entry = kind == 'g' ? GapOf(name, offset, offset += count) : new RelayEntry("c", name, new ChannelMessage(++offset, 0, null, Bytes.AsMemory(0, size)));
                    ring.Append(entry);
                    all.Add(entry);
                }
            }

            var first = all.Count - Kept(all);
            Assert.Equal(all.Count, ring.Next);
            Assert.All(new[] { 0, first / 2, first - 1 }.Where(x => x >= 0 && x < first), x => Assert.Equal(-1, ring.Read(x, new RelayEntry[1])));
            var read = new RelayEntry[page];
            for (var place = first; place <= all.Count; place += Math.Max(1, (all.Count - first) / 20))
            {
                var count = ring.Read(place, read);
                Assert.Equal(Math.Min(page, all.Count - place), count);
                Assert.Equal(all.Skip(place).Take(count), read.Take(count));
            }

            // Whoever has a message that is held, or the one before it, goes on from there.
            for (var place = first; place < all.Count; place += Math.Max(1, (all.Count - first) / 20))
            {
                if (all[place].Gap is null)
                {
                    var id = all[place].Id;
                    Assert.Equal(place + 1, ring.PlaceAfter(id));
                    var before = id with { Offset = id.Offset - 1 };
                    var held = all.FindIndex(first, x => x.Gap is null && x.Id == before);
                    Assert.Equal(held < 0 ? place : held + 1, ring.PlaceAfter(before));
                }
            }
        },
        iter: 100);

    [Fact]
    public void Read_EmptyRing_IsAtItsEnd()
    {
        var ring = new RelayRing();
        Assert.Equal(0, ring.Next);
        Assert.Equal(0, ring.Read(0, new RelayEntry[1]));
        Assert.Null(ring.PlaceAfter(new MessageId("aaaa", 0)));
    }

    [Fact]
    public void Append_MoreThanItHolds_DropsTheOldest()
    {
        var ring = Filled(1, RelayRing.MaxEntries);
        Assert.Equal(1, ring.Read(0, new RelayEntry[1]));
        ring.Append(Entries.Of("x", null, RelayRing.MaxEntries + 1));
        Assert.Equal(-1, ring.Read(0, new RelayEntry[1]));
        Assert.Equal(1, ring.Read(1, new RelayEntry[1]));
    }

    [Fact]
    public void Append_MessageLargerThanTheRing_IsHeldAlone()
    {
        var ring = Filled(1, 10);
        ring.Append(Entries.Of(new byte[RelayRing.MaxBytes + 1], null, 11));
        var read = new RelayEntry[2];
        Assert.Equal(-1, ring.Read(9, read));
        Assert.Equal(1, ring.Read(10, read));
        Assert.Equal(11, read[0].Message.Offset);
    }

    [Theory]
    [InlineData("aaaa", 4, 0L)]
    [InlineData("aaaa", 5, 1L)]
    [InlineData("aaaa", 14, 10L)]
    [InlineData("aaaa", 3, null)]
    [InlineData("aaaa", 15, null)]
    [InlineData("bbbb", 5, null)]
    public void PlaceAfter_Id_IsNoneWhereSomethingIsMissingBetween(string epoch, long offset, long? place) =>
        Assert.Equal(place, Filled(5, 14).PlaceAfter(new MessageId(epoch, offset)));

    [Fact]
    public void PlaceAfter_LastIdOfAnEpoch_GoesOnInTheNext()
    {
        var ring = Filled(5, 6);
        ring.Append(Entries.Of("x", null, 1, "bbbb"));
        ring.Append(Entries.Of("x", null, 2, "bbbb"));
        Assert.Equal(2, ring.PlaceAfter(new MessageId("aaaa", 6)));
        Assert.Equal(2, ring.PlaceAfter(new MessageId("bbbb", 0)));
        Assert.Equal(4, ring.PlaceAfter(new MessageId("bbbb", 2)));
        Assert.Null(ring.PlaceAfter(new MessageId("aaaa", 7)));
    }

    [Fact]
    public void PlaceAfter_Gap_IsSeenByThoseBeforeItAndNotByThoseAfter()
    {
        var ring = Filled(4, 5);
        ring.Append(GapOf("aaaa", 5, 9));
        ring.Append(Entries.Of("x", null, 10));
        Assert.Equal(2, ring.PlaceAfter(new MessageId("aaaa", 5)));
        Assert.Equal(3, ring.PlaceAfter(new MessageId("aaaa", 9)));
        Assert.Null(ring.PlaceAfter(new MessageId("aaaa", 7)));
    }

    private static RelayRing Filled(long first, long last)
    {
        var ring = new RelayRing();
        for (var offset = first; offset <= last; offset++)
        {
            ring.Append(Entries.Of("x", null, offset));
        }

        return ring;
    }

    private static RelayEntry GapOf(string epoch, long after, long resumed) => new(new Gap("c", new MessageId(epoch, after), new MessageId(epoch, resumed), resumed - after), new MessageId(epoch, resumed));

    /// <summary>How many of the newest fit into the limits; the newest always does.</summary>
    private static int Kept(List<RelayEntry> all)
    {
        var (count, bytes) = (0, 0L);
        for (var i = all.Count - 1; i >= 0 && count < RelayRing.MaxEntries; i--)
        {
            bytes += all[i].Message.Body.Length;
            if (count > 0 && bytes > RelayRing.MaxBytes)
            {
                break;
            }

            count++;
        }

        return count;
    }
}
