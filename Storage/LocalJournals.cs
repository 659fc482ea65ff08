using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Journals;

namespace OrleansGateway.Storage;

/// <summary>The files of the store as journals: a journal's number is its file's, and a place is the id of a batch.</summary>
/// <remarks>
/// <para>Whether an entry counts is found as its owner finds it before it acknowledges: it does when, after it was read, nobody had
/// claimed the channel under a higher term, since who claims it later reads the file later, and finds it. Where somebody has, the cuts tell.</para>
/// <para>A file has the entries of one owner in their order. Where a channel passed to another file, the entries of the later
/// owner name the last one of the owner before.</para>
/// </remarks>
internal sealed class LocalJournals(
    StoreDirectory directory, LogWriter writer, IOptionsMonitor<RetentionOptions> retention, TimeProvider time) : IChannelJournals
{
    private const int MaxOwnersKept = 64 * 1024;

    // Of all channels: a page of few that were asked for must not take for ever.
    private const int MaxRowsAPage = 16 * 1024;

    // What is known of channels, until somebody claims one of the same slot.
    private readonly ConcurrentDictionary<string, ChannelOwners> _owners = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Store => directory.Identity().Id;

    /// <inheritdoc/>
    public long Newest => writer.End;

    /// <inheritdoc/>
    public Task GrownBeyond(long place) => writer.GrownBeyond(place);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<int, long>> Ends() => LocalChannelLog.OnFiles(() =>
        Task.FromResult<IReadOnlyDictionary<int, long>>(directory.Files().ToDictionary(x => x.Number, x => x.Read(y => new LocalJournal(y).End))));

    /// <inheritdoc/>
    public Task<JournalPage> Read(int journal, long first, long last, Func<string, bool> includes, long fromMs, int maxBytes) =>
        LocalChannelLog.OnFiles(() => Task.FromResult(ReadNow(journal, first, last, includes, fromMs, maxBytes)));

    /// <inheritdoc/>
    public Task<JournalNames> Names(int journal, long first, long last) => LocalChannelLog.OnFiles(() => Task.FromResult(
        directory.File(journal)?.Read(x => new LocalJournal(x).Names(first, last, MaxRowsAPage)) ?? new JournalNames([], last)));

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> DroppedAfter(int journal, long after, Func<string, bool> includes, int max) =>
        LocalChannelLog.OnFiles(() => Task.FromResult<IReadOnlyList<string>>(directory.File(journal)?.Read(x => Missing(new LocalJournal(x), after, includes, max)) ?? []));

    private List<string> Missing(LocalJournal journal, long after, Func<string, bool> includes, int max)
    {
        var (now, limits) = (time.GetUtcNow(), retention.CurrentValue);
        var shortest = limits.Channels.Values.Select(x => x.Age).Append(limits.Age).Min();
        var missing = journal.DroppedAfter(after, includes, max);
        missing.AddRange(journal.ExpiredAfter(after, (now - shortest).ToUnixTimeMilliseconds(), (name, timeMs) =>
            missing.Count < max && includes(name) && timeMs < (now - limits.Of(name).Age).ToUnixTimeMilliseconds() && !missing.Contains(name)));
        return missing.Count > max ? missing[..max] : missing;
    }

    private JournalPage ReadNow(int journal, long first, long last, Func<string, bool> includes, long fromMs, int maxBytes)
    {
        if (directory.File(journal) is not { } file)
        {
            return new JournalPage([], last);
        }

        var (now, limits) = (time.GetUtcNow(), retention.CurrentValue);
        var found = new List<Found>();
        var through = file.Read(reader =>
        {
            var read = new LocalJournal(reader);
            var (bytes, rows, end) = (0, 0, Math.Min(last, read.End));
            var names = new Dictionary<long, string?>();
            read.Read(first, end, fromMs, row =>
            {
                if (!names.TryGetValue(row.Channel, out var name))
                {
                    name = read.NameOf(row.Channel);
                    names[row.Channel] = name = includes(name) ? name : null;
                }

                if (name is not null && row.TimeMs >= (now - limits.Of(name).Age).ToUnixTimeMilliseconds())
                {
                    var data = row.Data;
                    found.Add(new Found(row.Id, name, row.Term, row.First, row.Count, data));
                    bytes += data.Length;
                }

                if (bytes >= maxBytes || ++rows >= MaxRowsAPage)
                {
                    end = row.Id;
                    return false;
                }

                return true;
            });
            return end;
        });

        var store = directory.Identity();
        var entries = new List<JournalEntry>(found.Count);
        foreach (var x in found)
        {
            var owners = OwnersOf(x.Channel);
            if (owners.IsClaimed)
            {
                // Where the new owner's messages begin, and so what counts of those before, is not known yet. Should it have died before it was
                // counted, the owner of now has not noticed: so it is counted here.
                directory.Counters.Increment(ClaimCounters.SlotOf(x.Channel));
                return new JournalPage(entries, x.Place - 1, x.Channel);
            }

            if (owners.Find(x.Term, x.First) is { } owner)
            {
                var batch = new MessageBatch
                {
                    Term = x.Term, Epoch = store.EpochAfter(owners.Epoch), FirstOffset = x.First, Count = x.Count, Data = x.Data,
                };
                entries.Add(new JournalEntry(x.Place, x.Channel, batch, owner.Before(directory)));
            }
        }

        return new JournalPage(entries, through);
    }

    private ChannelOwners OwnersOf(string channel)
    {
        // Counted before the claims are read: a later claim makes it stale.
        var slot = ClaimCounters.SlotOf(channel);
        var count = directory.Counters.Read(slot);
        if (_owners.TryGetValue(channel, out var known) && known.Count == count && !known.IsClaimed)
        {
            return known;
        }

        if (_owners.Count >= MaxOwnersKept)
        {
            _owners.Clear();
        }

        // The files are read one after the other: a claim between would be seen in one and missed in another.
        while (true)
        {
            var owners = new ChannelOwners(LogChain.Read(directory, channel), count);
            if (directory.Counters.Read(slot) == count)
            {
                return _owners[channel] = owners;
            }

            count = directory.Counters.Read(slot);
        }
    }

    private sealed record Found(long Place, string Channel, long Term, long First, int Count, byte[] Data);

    /// <summary>The owners of a channel, as they were when its slot had a count.</summary>
    private sealed class ChannelOwners
    {
        private readonly List<Owner> _owners = [];

        public ChannelOwners(LogChain chain, long count)
        {
            (Count, Epoch, IsClaimed) = (count, chain.Epoch ?? string.Empty, chain.NewestTerm > chain.HeadTerm);
            Owner? later = null;
            foreach (var segment in chain.Owners())
            {
                var owner = new Owner(segment);
                later?.Follows(owner);
                _owners.Add(later = owner);
            }
        }

        public long Count { get; }

        public string Epoch { get; }

        /// <summary>Whether somebody has claimed it and does not say yet where his messages begin.</summary>
        public bool IsClaimed { get; }

        /// <summary>The owner to whose messages an offset under a term belongs, or null: then it does not count.</summary>
        public Owner? Find(long term, long offset) => _owners.Find(x => x.Segment.Term == term && x.Segment.First <= offset && offset <= x.Segment.Last);
    }

    private sealed class Owner(LogSegment segment)
    {
        private readonly Lock _lock = new();
        private Owner? _before;
        private (int Journal, long Place)? _place;
        private bool _found;

        public LogSegment Segment => segment;

        public void Follows(Owner owner) => _before = owner;

        /// <summary>The last entry of those before it, where that is in another file.</summary>
        public (int Journal, long Place)? Before(StoreDirectory directory)
        {
            lock (_lock)
            {
                // What those before have is whole: they were replaced.
                for (var owner = _before; !_found && owner is not null && owner.Segment.File != segment.File && _place is null; owner = owner._before)
                {
                    var (file, channel, term, _, last) = owner.Segment;
                    _place = directory.File(file)?.Read(x => new LocalJournal(x).PlaceAt(channel, term, last)) is { } id ? (file, id) : null;
                }

                _found = true;
                return _place;
            }
        }
    }
}
