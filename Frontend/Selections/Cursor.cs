using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansGateway.Channels;

namespace OrleansGateway.Selections;

/// <summary>
/// The id of a subscription to several channels: what resumes all of them. Opaque to clients: <c>c.</c> and base64url
/// (RFC 4648, section 5), so it is neither an id nor a time.
/// </summary>
/// <remarks>
/// Names and prefixes are in it as hashes, so that it can be used with a selection that has changed since: what it does not know
/// starts new. 64 channels take about 1 KB, and a prefix some bytes for each journal, however many channels are below it.
/// </remarks>
internal sealed class Cursor
{
    private const string Mark = "c.";
    private const byte Version = 1;
    private const int HashBytes = 6;

    // More than any that was ever given: what is longer is not even decoded.
    private const int MaxLength = 4096;

    private readonly Dictionary<long, MessageId> _channels = [];
    private readonly HashSet<long> _prefixes = [];

    private Cursor()
    {
    }

    /// <summary>As the client has it.</summary>
    public string Text { get; private set; } = string.Empty;

    /// <summary>The store whose journals it names; empty where there was none.</summary>
    public string Store { get; private set; } = string.Empty;

    /// <summary>The places in the journals.</summary>
    public Dictionary<int, JournalPlace> Journals { get; } = [];

    /// <summary>What it knows of a channel that was named.</summary>
    public MessageId? Of(string channel) => _channels.TryGetValue(HashOf(channel), out var id) ? id : null;

    /// <summary>Whether it was made for a selection with this prefix.</summary>
    public bool Knows(string prefix) => _prefixes.Contains(HashOf(ChannelSelection.PatternOf(prefix)));

    /// <summary>Reads one.</summary>
    /// <returns>It, or null where the text is none.</returns>
    public static Cursor? Parse(string text)
    {
        if (!text.StartsWith(Mark, StringComparison.Ordinal) || text.Length > MaxLength)
        {
            return null;
        }

        var encoded = text.AsSpan(Mark.Length);
        var cursor = Base64Url.IsValid(encoded) ? new Reader(Base64Url.DecodeFromChars(encoded)).Read() : null;
        if (cursor is not null)
        {
            cursor.Text = text;
        }

        return cursor;
    }

    /// <summary>Where it stands in a selection: what it does not know is at <paramref name="here"/>.</summary>
    public SelectionPosition PositionIn(ChannelSelection selection, SelectionPosition here)
    {
        var position = here.Copy();
        foreach (var name in selection.Names)
        {
            if (Of(name) is { } id)
            {
                position.Channels[name] = id;
            }
        }

        if (selection.Prefixes.Any(Knows))
        {
            position.Journals.Clear();
            foreach (var (journal, place) in Journals)
            {
                position.Journals[journal] = place;
            }
        }

        return position;
    }

    /// <summary>The channels below those prefixes of a selection that it knows.</summary>
    public Func<string, bool> FilterFor(ChannelSelection selection)
    {
        var known = selection.Prefixes.Where(Knows).ToList();
        return known.Count == selection.Prefixes.Count
            ? selection.IsBelowPrefix
            : channel => selection.IsBelowPrefix(channel) && known.Exists(x => channel.StartsWith(x, StringComparison.Ordinal));
    }

    private static long HashOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash) & ((1L << (8 * HashBytes)) - 1);
    }

    /// <summary>Writes the cursors of one selection.</summary>
    /// <param name="selection">The selection.</param>
    /// <param name="store">The store whose journals its prefixes follow.</param>
    public sealed class Writer(ChannelSelection selection, string store)
    {
        private readonly (string Name, long Hash)[] _channels = [.. selection.Names.Select(x => (x, HashOf(x)))];
        private readonly long[] _prefixes = [.. selection.Prefixes.Select(x => HashOf(ChannelSelection.PatternOf(x)))];

        /// <summary>The cursor of a position.</summary>
        public string Write(SelectionPosition position)
        {
            var output = new ArrayBufferWriter<byte>(64);
            Byte(output, Version);
            var epochs = new List<string>(1);
            var known = new List<(long Hash, int Epoch, long Offset)>(_channels.Length);
            foreach (var (name, hash) in _channels)
            {
                if (position.Channels.TryGetValue(name, out var id))
                {
                    if (!epochs.Contains(id.Epoch))
                    {
                        epochs.Add(id.Epoch);
                    }

                    known.Add((hash, epochs.IndexOf(id.Epoch), id.Offset));
                }
            }

            Number(output, epochs.Count);
            epochs.ForEach(x => Text(output, x));
            Number(output, known.Count);
            foreach (var (hash, epoch, offset) in known)
            {
                Hash(output, hash);
                Number(output, epoch);
                Number(output, offset);
            }

            Number(output, _prefixes.Length);
            foreach (var prefix in _prefixes)
            {
                Hash(output, prefix);
            }

            if (_prefixes.Length > 0)
            {
                Text(output, store);
                Number(output, position.Journals.Count);
                foreach (var (journal, place) in position.Journals)
                {
                    Number(output, journal);
                    Number(output, place.Last);
                    Number(output, place.Left);
                }
            }

            return string.Concat(Mark, Base64Url.EncodeToString(output.WrittenSpan));
        }

        private static void Byte(ArrayBufferWriter<byte> output, byte value)
        {
            output.GetSpan(1)[0] = value;
            output.Advance(1);
        }

        private static void Hash(ArrayBufferWriter<byte> output, long hash)
        {
            BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), hash);
            output.Advance(HashBytes);
        }

        private static void Text(ArrayBufferWriter<byte> output, string text)
        {
            Byte(output, (byte)text.Length);
            output.Advance(Encoding.ASCII.GetBytes(text, output.GetSpan(text.Length)));
        }

        // Seven bits a byte, the lowest first (LEB128).
        private static void Number(ArrayBufferWriter<byte> output, long value)
        {
            for (; value > 0x7F; value >>= 7)
            {
                Byte(output, (byte)(value | 0x80));
            }

            Byte(output, (byte)value);
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _bytes = bytes;
        private bool _isBroken;

        public Cursor? Read()
        {
            if (Byte() != Version)
            {
                return null;
            }

            var cursor = new Cursor();
            var epochs = new string[Count()];
            for (var i = 0; i < epochs.Length && !_isBroken; i++)
            {
                epochs[i] = Text();
            }

            for (var count = Count(); count > 0 && !_isBroken; count--)
            {
                var (hash, epoch, offset) = (Hash(), Number(), Number());
                _isBroken |= epoch >= epochs.Length;
                if (!_isBroken)
                {
                    // As an id, so that nothing is in it that no id can be.
                    _isBroken |= !MessageId.TryParse(new MessageId(epochs[epoch], offset).ToString(), out var id);
                    cursor._channels[hash] = id;
                }
            }

            var prefixes = Count();
            for (var i = 0; i < prefixes && !_isBroken; i++)
            {
                cursor._prefixes.Add(Hash());
            }

            if (prefixes > 0)
            {
                cursor.Store = Text();
                for (var count = Count(); count > 0 && !_isBroken; count--)
                {
                    var (journal, last, left) = (Number(), Number(), Number());
                    _isBroken |= journal > int.MaxValue || left > int.MaxValue;
                    cursor.Journals[(int)journal] = new JournalPlace(last, (int)left);
                }
            }

            return _isBroken || !_bytes.IsEmpty ? null : cursor;
        }

        private byte Byte()
        {
            if (_bytes.IsEmpty)
            {
                _isBroken = true;
                return 0;
            }

            var value = _bytes[0];
            _bytes = _bytes[1..];
            return value;
        }

        private long Hash()
        {
            var hash = 0L;
            for (var shift = 0; shift < 8 * HashBytes; shift += 8)
            {
                hash |= (long)Byte() << shift;
            }

            return hash;
        }

        private string Text()
        {
            int length = Byte();
            if (length > _bytes.Length)
            {
                _isBroken = true;
                return string.Empty;
            }

            var text = Encoding.ASCII.GetString(_bytes[..length]);
            _bytes = _bytes[length..];
            return text;
        }

        private long Number()
        {
            var value = 0L;
            for (var shift = 0; shift < 63; shift += 7)
            {
                var next = Byte();
                value |= (long)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            _isBroken = true;
            return 0;
        }

        // Each of what is counted takes a byte at least.
        private int Count()
        {
            var count = Number();
            _isBroken |= count > _bytes.Length;
            return _isBroken ? 0 : (int)count;
        }
    }
}
