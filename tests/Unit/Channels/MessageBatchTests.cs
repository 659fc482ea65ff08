using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Streams;

namespace OrleansGateway.Tests.Unit.Channels;

public class MessageBatchTests
{
    // Few types, so that neighbours often have the same one and sometimes one of the same length.
    private static readonly Gen<string?> Type =
        Gen.OneOf(Gen.OneOf<string?>(null, "", "a/b", "a/c", "text/plain; charset=utf-8", "x/é中"), Gen.String.AlphaNumeric.Select(x => (string?)x));

    private static readonly Gen<MessageDraft> Draft = Gen.Select(Type, Gen.Byte.Array[0, 50], (type, body) => new MessageDraft(type, body));

    [Fact]
    public void GetEnumerator_AnyMessagesPacked_GivesThemBackNumbered() => Gen.Select(Draft.Array[1, 20], Gen.Long[1, long.MaxValue - 20], Gen.Long).Sample(
        (drafts, first, time) =>
        {
            var batch = MessageBatch.Pack(7, "abcd", first, time, drafts);

            Assert.Equal((7, "abcd", first, drafts.Length, first + drafts.Length - 1), (batch.Term, batch.Epoch, batch.FirstOffset, batch.Count, batch.LastOffset));
            var offset = first;
            foreach (var message in batch)
            {
                var draft = drafts[offset - first];
                Assert.Equal((offset, time, draft.ContentType), (message.Offset, message.TimeMs, message.ContentType));
                Assert.Equal(draft.Body, message.Body.ToArray());
                offset++;
            }

            Assert.Equal(batch.LastOffset + 1, offset);
        });

    [Fact]
    public void GetEnumerator_NoTypeAndEmptyType_AreTwoThings()
    {
        var types = new List<string?>();
        foreach (var message in MessageBatch.Pack(1, "abcd", 1, 0, [new(null, []), new("", []), new(null, []), new("", [])]))
        {
            types.Add(message.ContentType);
        }

        Assert.Equal([null, "", null, ""], types);
    }

    [Fact]
    public void GetEnumerator_NeighboursOfOneType_ShareTheString()
    {
        var types = new List<string?>();
        foreach (var message in MessageBatch.Pack(1, "abcd", 1, 0, [new("text/a", [1]), new("text/a", [2]), new("text/b", [3])]))
        {
            types.Add(message.ContentType);
        }

        Assert.Same(types[0], types[1]);
        Assert.Equal("text/b", types[2]);
    }

    [Fact]
    public void GetEnumerator_Bodies_AreSlicesOfTheBatch()
    {
        var batch = MessageBatch.Pack(1, "abcd", 1, 0, [new(null, [1, 2, 3])]);
        foreach (var message in batch)
        {
            Assert.True(batch.Data.Span.Overlaps(message.Body.Span));
        }
    }

    [Fact]
    public void Pack_TypeTooLongForItsLength_IsAnError() =>
        Assert.Throws<OverflowException>(() => MessageBatch.Pack(1, "abcd", 1, 0, [new(new string('a', 40_000), [])]));

    [Fact]
    public void SizeBytes_Batch_IsNoLessThanItsData()
    {
        var batch = MessageBatch.Pack(1, "abcd", 1, 0, [new("text/plain", new byte[1000])]);
        Assert.InRange(((ISizedItem)batch).SizeBytes, 1000, 1200);
    }
}
