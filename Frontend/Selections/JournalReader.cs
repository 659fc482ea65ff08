using OrleansGateway.Journals;

namespace OrleansGateway.Selections;

/// <summary>
/// Reads on in all journals at once, and gives what they have in an order in which each channel's messages are in theirs: what an
/// owner appended comes after what the owner before did, also where that is in another journal.
/// </summary>
/// <param name="journals">The journals.</param>
/// <param name="includes">The channels that are asked for.</param>
/// <param name="settle">Waits until a channel that is just being taken over has been, or a moment; never fails.</param>
/// <param name="places">Where it begins.</param>
/// <param name="fromMs">Nothing that was accepted before this time, in ms since 1970.</param>
internal sealed class JournalReader(
    IChannelJournals journals, Func<string, bool> includes, Func<string, Task> settle, IReadOnlyDictionary<int, JournalPlace> places, long fromMs = 0)
{
    private const int PageBytes = 128 * 1024;

    private readonly Dictionary<int, JournalPlace> _places = new(places);
    private readonly Dictionary<int, Pending> _pending = [];
    private string? _undecided;

    /// <summary>Up to where everything was given.</summary>
    public IReadOnlyDictionary<int, JournalPlace> Places => _places;

    /// <summary>Reads the same from other places on.</summary>
    public JournalReader From(IReadOnlyDictionary<int, JournalPlace> others) => new(journals, includes, settle, others, fromMs);

    /// <summary>Whether everything up to an end in each journal was given.</summary>
    public bool IsAt(IReadOnlyDictionary<int, long> ends) => ends.All(x => _places.GetValueOrDefault(x.Key).Next > x.Value);

    /// <summary>Goes on behind places up to which there is nothing for it, where it has given all that it has read.</summary>
    public void Skip(IReadOnlyDictionary<int, long> places)
    {
        foreach (var (journal, place) in places)
        {
            if (place >= _places.GetValueOrDefault(journal).Next)
            {
                _places[journal] = new JournalPlace(place);
            }
        }
    }

    /// <summary>Reads on up to an end in each journal.</summary>
    /// <param name="ends">The last places.</param>
    /// <param name="take">
    /// Takes an entry; how many of its first messages were given before; and, by <see cref="Places"/>, where that leads.
    /// </param>
    /// <returns>Whether it got on. Otherwise all up to the ends was given, or what comes next waits for something beyond them.</returns>
    public async Task<bool> Read(IReadOnlyDictionary<int, long> ends, Action<int, JournalEntry, int> take)
    {
        foreach (var (journal, end) in ends)
        {
            var place = _places.GetValueOrDefault(journal);
            if (!_pending.ContainsKey(journal) && place.Next <= end)
            {
                var page = await journals.Read(journal, place.Next, end, includes, fromMs, PageBytes);
                _pending.Add(journal, new Pending(page));
                _undecided ??= page.Undecided;
            }
        }

        var gotOn = false;
        while (Advance(ends, take))
        {
            gotOn = true;
        }

        foreach (var (journal, pending) in _pending.Where(x => x.Value.Entries.Count == 0).ToList())
        {
            var place = _places.GetValueOrDefault(journal);
            if (pending.Through >= place.Next)
            {
                (_places[journal], gotOn) = (new JournalPlace(pending.Through), true);
            }

            _pending.Remove(journal);
        }

        return gotOn;
    }

    /// <summary>After what was read is given to whom it is for: waits for what held up the rest.</summary>
    /// <returns>Whether something held it up, so that it is to be read again.</returns>
    public async Task<bool> Settle()
    {
        if (_undecided is not { } channel)
        {
            return false;
        }

        _undecided = null;
        await settle(channel);
        return true;
    }

    /// <summary>Gives of each journal what nothing in another one has to come before.</summary>
    /// <returns>Whether there was something.</returns>
    private bool Advance(IReadOnlyDictionary<int, long> ends, Action<int, JournalEntry, int> take)
    {
        var advanced = false;
        foreach (var (journal, pending) in _pending)
        {
            while (pending.Entries.TryPeek(out var entry) && IsNext(entry, ends))
            {
                pending.Entries.Dequeue();
                var before = _places.GetValueOrDefault(journal);
                _places[journal] = new JournalPlace(entry.Place);

                // All of its messages, unless the client has some of it.
                take(journal, entry, before.Left > 0 && before.Last == entry.Place ? Math.Max(0, entry.Batch.Count - before.Left) : 0);
                advanced = true;
            }
        }

        return advanced;
    }

    // A journal that is gone has nothing that could come first.
    private bool IsNext(JournalEntry entry, IReadOnlyDictionary<int, long> ends) =>
        entry.After is not { } after || _places.GetValueOrDefault(after.Journal).Next > after.Place || !ends.ContainsKey(after.Journal);

    private sealed class Pending(JournalPage page)
    {
        public Queue<JournalEntry> Entries { get; } = new(page.Entries);

        public long Through => page.Through;
    }
}
