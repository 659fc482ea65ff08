using OrleansGateway.Channels;
using OrleansGateway.Journals;

namespace OrleansGateway.Tests.Unit.Selections;

/// <summary>Journals whose channels move: who takes one over goes on in another journal.</summary>
internal sealed class FakeJournals(int count) : IChannelJournals
{
    private readonly Dictionary<int, List<JournalEntry>> _entries = Enumerable.Range(1, count).ToDictionary(x => x, _ => new List<JournalEntry>());
    private readonly Dictionary<string, (int Journal, (int, long)? Before)> _owners = [];

    /// <summary>What a journal has.</summary>
    public IReadOnlyList<JournalEntry> All(int journal) => _entries[journal];

    public Dictionary<string, long> Counts { get; } = [];

    public Dictionary<int, long> Newest => _entries.ToDictionary(x => x.Key, x => (long)x.Value.Count);

    public string? Undecided { get; set; }

    /// <summary>How often somebody read.</summary>
    public int Reads { get; private set; }

    public string Store => "store123";

    long IChannelJournals.Newest => throw new NotSupportedException();

    public void Append(string channel, int messages, int? journal)
    {
        if (!_owners.TryGetValue(channel, out var owner))
        {
            _owners[channel] = owner = (journal ?? 1, null);
        }
        else if (journal is { } next && next != owner.Journal)
        {
            _owners[channel] = owner = (next, (owner.Journal, _entries[owner.Journal].FindLast(x => x.Channel == channel)!.Place));
        }

        var first = Counts.GetValueOrDefault(channel) + 1;
        var batch = MessageBatch.Pack(1, "aaaa", first, 0, [.. Enumerable.Range(0, messages).Select(_ => new MessageDraft(null, []))]);
        _entries[owner.Journal].Add(new JournalEntry(_entries[owner.Journal].Count + 1, channel, batch, owner.Before));
        Counts[channel] = batch.LastOffset;
    }

    public Task<JournalPage> Read(int journal, long first, long last, Func<string, bool> includes, long fromMs, int maxBytes)
    {
        Reads++;

        // Pages are small, so that there are many.
        var found = _entries[journal].Where(x => x.Place >= first && x.Place <= last && includes(x.Channel)).Take(2).ToList();
        return Task.FromResult(found.FindIndex(x => x.Channel == Undecided) is >= 0 and var at
            ? new JournalPage(found[..at], found[at].Place - 1, Undecided)
            : new JournalPage(found, found.Count == 2 ? found[1].Place : Math.Min(last, _entries[journal].Count)));
    }

    public Task GrownBeyond(long place) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<int, long>> Ends() => Task.FromResult<IReadOnlyDictionary<int, long>>(Newest);

    public Task<JournalNames> Names(int journal, long first, long last)
    {
        var found = _entries[journal].Where(x => x.Place >= first && x.Place <= last).Take(2).ToList();
        return Task.FromResult(new JournalNames([.. found.Select(x => x.Channel).Distinct()], found[^1].Place));
    }

    public Task<IReadOnlyList<string>> DroppedAfter(int journal, long after, Func<string, bool> includes, int max) => throw new NotSupportedException();
}
