using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

public class EntryMetaTests
{
    private static readonly Gen<KeyedPublish> Key = Gen.Select(
        Gen.Char[' ', '~'].Array[1, 255].Select(x => new string(x)), Gen.ULong, Gen.ULong, Gen.Int[0, 1_000_000], Gen.Int[1, 1000],
        (key, high, low, index, count) => new KeyedPublish(key, new UInt128(high, low), index, count));

    [Fact]
    public void Decode_WhatWasEncoded_IsTheSame() => Gen.Select(Key.Array[0, 20], Gen.Guid, Gen.Long, Gen.Long[1, long.MaxValue / 2], Gen.Bool).Sample(
        (keys, sender, sequence, first, named) =>
        {
            var at = keys.Select(x => x with { FirstOffset = first + x.FirstOffset }).ToArray();
            var batch = new MessageBatch { Term = 1, Epoch = "epoch", FirstOffset = first, Count = 1, Data = default };
            var origin = named ? new PublishOrigin(sender, sequence) : null;
            var bytes = EntryMeta.Encode(new LogEntry(batch, origin, at.Length == 0 ? null : at));
            Assert.Equal(origin is null && at.Length == 0, bytes.Length == 0);
            if (bytes.Length > 0)
            {
                var (readOrigin, readKeys) = EntryMeta.Decode(bytes, first);
                Assert.Equal(sender == Guid.Empty ? null : origin, readOrigin);
                Assert.Equal(at, readKeys ?? []);
            }
        });
}
