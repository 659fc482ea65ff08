using OrleansGateway.Channels;
using OrleansGateway.Relays;

namespace OrleansGateway.Selections;

/// <summary>Reads what several channels keep, between two positions: one named channel after the other, then what the prefixes bring.</summary>
/// <param name="relay">Their relay.</param>
/// <param name="journals">Reads what the prefixes bring, unless these are channels like the others.</param>
/// <param name="from">The position after which to begin.</param>
/// <param name="to">The position at which to end.</param>
/// <param name="time">The clock.</param>
/// <param name="first">What comes before what the journals have.</param>
internal sealed class SelectionReader(
    SelectionRelay relay, JournalReader? journals, SelectionPosition from, SelectionPosition to, TimeProvider time, IReadOnlyList<RelayEntry>? first = null)
{
    private const int MaxAttempts = 50;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(20);

    private readonly SelectionPosition _at = from.Copy();
    private readonly Dictionary<int, long> _ends = to.Journals.ToDictionary(x => x.Key, x => x.Value.Last);
    private IReadOnlyList<RelayEntry>? _first = first;
    private IReadOnlyList<RelayEntry> _ahead = [];
    private readonly Queue<string> _channels = new(to.Channels.Keys);
    private int _attempts;
    private bool _gaveFirst;

    /// <summary>The cursor of what was read.</summary>
    public string Cursor => relay.CursorOf(_at);

    /// <summary>Whether what it gave last cannot be read again from a cursor: it is not the whole of what was.</summary>
    public bool IsOnce => _gaveFirst || (journals is null && relay.Selection.Prefixes.Count > 0);

    /// <summary>Reads the same from a cursor on, with nothing read ahead.</summary>
    public SelectionReader From(Cursor cursor)
    {
        var at = cursor.PositionIn(relay.Selection, from);
        return new SelectionReader(relay, _first is null ? journals?.From(at.Journals) : journals, at, to, time, _first);
    }

    /// <summary>The cursor of its end.</summary>
    public string End => relay.CursorOf(to);

    /// <summary>Whether there is something to read.</summary>
    public async Task<bool> HasMore()
    {
        while (_ahead.Count == 0)
        {
            if (await Next() is not { } entries)
            {
                return false;
            }

            _ahead = entries;
        }

        return true;
    }

    /// <summary>Reads on.</summary>
    /// <returns>Some entries, perhaps none; or null at the end.</returns>
    /// <exception cref="TimeoutException">What comes next waits for something beyond the end: another end is needed.</exception>
    public async Task<IReadOnlyList<RelayEntry>?> Next()
    {
        if (_ahead.Count > 0)
        {
            var ahead = _ahead;
            _ahead = [];
            return ahead;
        }

        while (_channels.TryPeek(out var channel))
        {
            if (await NextOfChannel(channel) is { } entries)
            {
                return entries;
            }

            _channels.Dequeue();
        }

        _gaveFirst = _first is not null;
        if (_first is { } before)
        {
            _first = null;
            return before;
        }

        if (journals is null)
        {
            return null;
        }

        var found = new List<RelayEntry>();
        var isAtEnd = journals.IsAt(_ends);
        if (isAtEnd || await journals.Read(_ends, (journal, entry, taken) => found.AddRange(relay.EntriesOf(journal, entry, taken, _at))))
        {
            _attempts = 0;
        }
        else if (++_attempts >= MaxAttempts)
        {
            throw new TimeoutException("The journals cannot be read up to their ends.");
        }
        else if (!await journals.Settle())
        {
            await Task.Delay(BetweenAttempts, time);
        }

        foreach (var (journal, place) in journals.Places)
        {
            _at.Journals[journal] = place;
        }

        return isAtEnd ? null : found;
    }

    private async Task<IReadOnlyList<RelayEntry>?> NextOfChannel(string name)
    {
        var (channel, end) = (relay.Channels[name], to.Channels[name]);
        if (!_at.Channels.TryGetValue(name, out var after) || (after.Epoch == end.Epoch && after.Offset >= end.Offset))
        {
            // What is not known starts new.
            _at.Channels[name] = end;
            return null;
        }

        var page = await channel.Pages.Get(after);
        if (page.Position.Epoch != end.Epoch)
        {
            // It has begun another epoch since; who goes on after the end is told.
            _at.Channels[name] = end;
            return null;
        }

        var entries = new List<RelayEntry>();
        if (after.Epoch != end.Epoch || page.Oldest > after.Offset + 1)
        {
            var resumed = new MessageId(end.Epoch, Math.Min(page.Oldest - 1, end.Offset));
            var missed = after.Epoch == end.Epoch ? resumed.Offset - after.Offset : (long?)null;
            var before = Cursor;
            _at.Channels[name] = resumed;
            entries.Add(new RelayEntry(new Gap(name, before, Cursor, missed), resumed, Cursor));
            return entries;
        }

        if (!page.Covers(after))
        {
            throw new TimeoutException($"The channel '{name}' does not have what its relay has.");
        }

        for (var i = page.IndexAfter(after); i < page.Entries.Length && page.Entries[i].Id.Offset <= end.Offset; i++)
        {
            var entry = page.Entries[i];
            _at.Channels[name] = entry.Id;
            entries.Add(new RelayEntry(entry.Channel, entry.Epoch, entry.Message, Cursor));
        }

        return entries;
    }
}
