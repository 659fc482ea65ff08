namespace OrleansGateway.Relays;

/// <summary>
/// The newest messages of a channel in this node's memory, bounded. Places in it are counted on for ever, also over a
/// change of epoch: a subscriber is nothing but such a place.
/// </summary>
internal sealed class RelayRing
{
    /// <summary>The most messages that it holds.</summary>
    public const int MaxEntries = 1024;

    private const int MinEntries = 2;

    /// <summary>The most bytes of messages that it holds, but always the newest.</summary>
    public const int MaxBytes = 2 * 1024 * 1024;

    // Until the first message comes it holds nothing. It is locked by itself: nobody else locks it.
    private RelayEntry?[] _entries = [];
    private long _first;
    private long _next;
    private long _bytes;

    /// <summary>The place of the next message to come.</summary>
    public long Next => Volatile.Read(ref _next);

    public void Append(RelayEntry entry)
    {
        lock (this)
        {
            _bytes += entry.Message.Body.Length;
            while (_next - _first >= MaxEntries || (_bytes > MaxBytes && _next > _first))
            {
                ref var oldest = ref _entries[_first++ & (_entries.Length - 1)];
                _bytes -= oldest!.Message.Body.Length;
                oldest = null;
            }

            if (_next - _first == _entries.Length)
            {
                Grow();
            }

            _entries[_next & (_entries.Length - 1)] = entry;
            Volatile.Write(ref _next, _next + 1);
        }
    }

    /// <summary>Copies entries from a place on.</summary>
    /// <returns>How many; 0 at the end, -1 where the place is no longer in the ring.</returns>
    public int Read(long from, Span<RelayEntry> into)
    {
        lock (this)
        {
            if (from < _first)
            {
                return -1;
            }

            var count = (int)Math.Min(into.Length, _next - from);
            for (var i = 0; i < count; i++)
            {
                into[i] = _entries[(from + i) & (_entries.Length - 1)]!;
            }

            return count;
        }
    }

    /// <summary>The place after the message with this id, where the ring can go on from there without a hole.</summary>
    public long? PlaceAfter(Channels.MessageId id)
    {
        lock (this)
        {
            for (var place = _next - 1; place >= _first; place--)
            {
                var entry = _entries[place & (_entries.Length - 1)]!;
                if (entry.Epoch == id.Epoch && entry.Gap is null)
                {
                    if (entry.Message.Offset <= id.Offset)
                    {
                        return entry.Message.Offset == id.Offset ? place + 1 : null;
                    }

                    if (entry.Message.Offset == id.Offset + 1)
                    {
                        return place;
                    }
                }
            }

            return null;
        }
    }

    private void Grow()
    {
        var larger = new RelayEntry?[Math.Max(MinEntries, _entries.Length * 2)];
        for (var place = _first; place < _next; place++)
        {
            larger[place & (larger.Length - 1)] = _entries[place & (_entries.Length - 1)];
        }

        _entries = larger;
    }
}
