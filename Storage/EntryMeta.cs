using System.Buffers.Binary;
using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Logs;

namespace OrleansGateway.Storage;

/// <summary>
/// What is kept beside an entry's messages, as bytes: its origin (16 bytes of sender, all zero for none, and an int64), then for each key
/// its place and count within the entry (int32 each), the fingerprint (16 bytes), the length (1 byte) and the key in ASCII. Little-endian.
/// </summary>
internal static class EntryMeta
{
    private const int OriginBytes = 16 + sizeof(long);
    private const int KeyBytes = sizeof(int) + sizeof(int) + 16 + 1;

    /// <summary>The bytes; none where there is nothing to keep.</summary>
    public static byte[] Encode(LogEntry entry)
    {
        if (entry.Origin is null && entry.Keys is null)
        {
            return [];
        }

        var keys = entry.Keys ?? [];
        var bytes = new byte[OriginBytes + keys.Sum(x => KeyBytes + x.Key.Length)];
        if (entry.Origin is { } origin)
        {
            origin.Sender.TryWriteBytes(bytes);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), origin.Sequence);
        }

        var rest = bytes.AsSpan(OriginBytes);
        foreach (var key in keys)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, (int)(key.FirstOffset - entry.Batch.FirstOffset));
            BinaryPrimitives.WriteInt32LittleEndian(rest[4..], key.Count);
            BinaryPrimitives.WriteUInt128LittleEndian(rest[8..], key.Fingerprint);
            rest[24] = (byte)key.Key.Length;
            Encoding.ASCII.GetBytes(key.Key, rest[KeyBytes..]);
            rest = rest[(KeyBytes + key.Key.Length)..];
        }

        return bytes;
    }

    /// <summary>Reads them.</summary>
    public static (PublishOrigin? Origin, KeyedPublish[]? Keys) Decode(ReadOnlySpan<byte> bytes, long firstOffset)
    {
        var sender = new Guid(bytes[..16]);
        var origin = sender == Guid.Empty ? null : new PublishOrigin(sender, BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
        List<KeyedPublish>? keys = null;
        for (var rest = bytes[OriginBytes..]; !rest.IsEmpty; rest = rest[(KeyBytes + rest[24])..])
        {
            (keys ??= []).Add(new KeyedPublish(
                Encoding.ASCII.GetString(rest.Slice(KeyBytes, rest[24])),
                BinaryPrimitives.ReadUInt128LittleEndian(rest[8..]),
                firstOffset + BinaryPrimitives.ReadInt32LittleEndian(rest),
                BinaryPrimitives.ReadInt32LittleEndian(rest[4..])));
        }

        return (origin, keys?.ToArray());
    }
}
