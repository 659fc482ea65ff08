using System.Buffers.Binary;
using System.Text;
using OrleansGateway.Streams;

namespace OrleansGateway.Channels;

/// <summary>
/// Consecutive messages of one channel in one buffer: the unit that the history keeps, the stream carries and the relays share.
/// A message is packed as its time (int64, ms since 1970), the length of its type (int16, -1 for none), the length of its
/// body (int32), the type in UTF-8 and the body, little-endian.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansGateway.MessageBatch")]
public sealed class MessageBatch : ISizedItem
{
    private const int HeaderBytes = sizeof(long) + sizeof(short) + sizeof(int);

    /// <summary>The term of the owner that numbered the messages. A higher term is a later owner; a reader drops what comes under an older one.</summary>
    [Id(0)]
    public required long Term { get; init; }

    /// <summary>The epoch of the channel's log.</summary>
    [Id(1)]
    public required string Epoch { get; init; }

    /// <summary>The first message's offset.</summary>
    [Id(2)]
    public required long FirstOffset { get; init; }

    /// <summary>How many messages there are; none in a batch that says that a deleted channel begins anew.</summary>
    [Id(3)]
    public required int Count { get; init; }

    /// <summary>The packed messages.</summary>
    [Id(4)]
    public required ReadOnlyMemory<byte> Data { get; init; }

    int ISizedItem.SizeBytes => Data.Length + 64;

    /// <summary>The time of the messages of a batch that was packed at once: when they were accepted, in ms since 1970.</summary>
    public long TimeMs => BinaryPrimitives.ReadInt64LittleEndian(Data.Span);

    /// <summary>The last message's offset.</summary>
    public long LastOffset => FirstOffset + Count - 1;

    /// <summary>Packs <paramref name="drafts"/>, which all get the time <paramref name="timeMs"/>.</summary>
    public static MessageBatch Pack(long term, string epoch, long firstOffset, long timeMs, ReadOnlySpan<MessageDraft> drafts)
    {
        var size = 0;
        foreach (var draft in drafts)
        {
            size += HeaderBytes + (draft.ContentType is null ? 0 : Encoding.UTF8.GetByteCount(draft.ContentType)) + draft.Body.Length;
        }

        var data = new byte[size];
        var rest = data.AsSpan();
        foreach (var (type, body) in drafts)
        {
            var typeBytes = type is null ? 0 : Encoding.UTF8.GetBytes(type, rest[HeaderBytes..]);
            BinaryPrimitives.WriteInt64LittleEndian(rest, timeMs);
            BinaryPrimitives.WriteInt16LittleEndian(rest[8..], type is null ? (short)-1 : checked((short)typeBytes));
            BinaryPrimitives.WriteInt32LittleEndian(rest[10..], body.Length);
            body.CopyTo(rest[(HeaderBytes + typeBytes)..]);
            rest = rest[(HeaderBytes + typeBytes + body.Length)..];
        }

        return new MessageBatch { Term = term, Epoch = epoch, FirstOffset = firstOffset, Count = drafts.Length, Data = data };
    }

    /// <summary>What a channel's subscribers get when it was deleted: the beginning of another epoch.</summary>
    public static MessageBatch Empty(long term, string epoch) => new() { Term = term, Epoch = epoch, FirstOffset = 1, Count = 0, Data = default };

    /// <summary>The messages in order, as slices of <see cref="Data"/>.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks over a batch without copying a body.</summary>
    public struct Enumerator
    {
        private readonly MessageBatch _batch;
        private int _position;
        private int _index;
        private string? _type;
        private int _typeAt;
        private int _typeBytes;

        internal Enumerator(MessageBatch batch)
        {
            _batch = batch;
            _index = -1;
            _typeBytes = -1;
        }

        /// <summary>The message under the enumerator.</summary>
        public ChannelMessage Current { get; private set; }

        /// <summary>Goes on to the next message.</summary>
        public bool MoveNext()
        {
            if (++_index >= _batch.Count)
            {
                return false;
            }

            var data = _batch.Data;
            var header = data.Span.Slice(_position, HeaderBytes);
            var time = BinaryPrimitives.ReadInt64LittleEndian(header);
            var typeBytes = BinaryPrimitives.ReadInt16LittleEndian(header[8..]);
            var bodyBytes = BinaryPrimitives.ReadInt32LittleEndian(header[10..]);
            var at = _position + HeaderBytes;
            var type = typeBytes < 0 ? null : TypeAt(data.Span, at, typeBytes);
            at += Math.Max(0, (int)typeBytes);
            Current = new ChannelMessage(_batch.FirstOffset + _index, time, type, data.Slice(at, bodyBytes));
            _position = at + bodyBytes;
            return true;
        }

        // Neighbours mostly have the same type: one string serves them all.
        private string TypeAt(ReadOnlySpan<byte> data, int at, int bytes)
        {
            if (_type is null || bytes != _typeBytes || !data.Slice(at, bytes).SequenceEqual(data.Slice(_typeAt, bytes)))
            {
                (_type, _typeAt, _typeBytes) = (Encoding.UTF8.GetString(data.Slice(at, bytes)), at, bytes);
            }

            return _type;
        }
    }
}
