using CsCheck;
using OrleansGateway.Channels;
using OrleansGateway.Journals;
using OrleansGateway.Selections;

namespace OrleansGateway.Tests.Unit.Selections;

/// <summary>However the journals are read, and wherever somebody is cut off, each channel's messages come once and in their order.</summary>
public sealed class JournalReaderTests
{
    [Fact]
    public void Read_ChannelsThatMoveBetweenJournals_EachMessageOnceInOrder() => Gen.Int[0, int.MaxValue].Sample(seed =>
    {
        var (random, journals) = (new Random(seed), new FakeJournals(3));
        var got = new Dictionary<string, List<long>>();
        var at = new Dictionary<int, JournalPlace>();
        for (var round = 0; round < 20; round++)
        {
            for (var i = random.Next(12); i > 0; i--)
            {
                journals.Append($"c{random.Next(4)}", random.Next(1, 4), random.Next(8) == 0 ? random.Next(3) + 1 : null);
            }

            // The ends that somebody sees are not of one moment.
            var ends = journals.Newest.ToDictionary(x => x.Key, x => Math.Max(at.GetValueOrDefault(x.Key).Last, x.Value - random.Next(3)));
            at = Go(journals, at, ends, got, random);
        }

        at = Go(journals, at, new Dictionary<int, long>(journals.Newest), got, null);
        Assert.Equal(journals.Newest.Where(x => x.Value > 0), at.Select(x => KeyValuePair.Create(x.Key, x.Value.Last)).Where(x => x.Value > 0).OrderBy(x => x.Key));
        Assert.All(journals.Counts, x => Assert.Equal(Enumerable.Range(1, (int)x.Value).Select(y => (long)y), got.GetValueOrDefault(x.Key, [])));
    }, iter: 300);

    [Fact]
    public async Task Read_AChannelThatIsBeingTakenOver_WaitsForItAlone()
    {
        var journals = new FakeJournals(2);
        journals.Append("a", 1, 1);
        journals.Append("b", 1, 2);
        journals.Undecided = "a";
        var asked = new List<string>();
        var got = new List<string>();
        var reader = new JournalReader(journals, _ => true, x => Decide(x), new Dictionary<int, JournalPlace>());
        Assert.True(await reader.Read(journals.Newest, (_, entry, _) => got.Add(entry.Channel)));
        Assert.Equal(["b"], got);
        Assert.True(await reader.Settle());
        Assert.Equal(["a"], asked);
        Assert.True(await reader.Read(journals.Newest, (_, entry, _) => got.Add(entry.Channel)));
        Assert.Equal(["b", "a"], got);
        Assert.False(await reader.Read(journals.Newest, (_, _, _) => { }));
        Assert.False(await reader.Settle());

        Task Decide(string channel)
        {
            asked.Add(channel);
            journals.Undecided = null;
            return Task.CompletedTask;
        }
    }

    // Reads up to the ends, or where the client is cut off, perhaps within a batch.
    private static Dictionary<int, JournalPlace> Go(
        FakeJournals journals, Dictionary<int, JournalPlace> from, Dictionary<int, long> ends, Dictionary<string, List<long>> got, Random? cuts)
    {
        var reader = new JournalReader(journals, _ => true, _ => Task.CompletedTask, from);
        var at = new Dictionary<int, JournalPlace>(from);
        var isCut = false;
        bool gotOn;
        do
        {
            gotOn = reader.Read(ends, (journal, entry, taken) =>
            {
                var left = entry.Batch.Count;
                for (var i = 0; i < entry.Batch.Count && !isCut; i++)
                {
                    left--;
                    if (i >= taken)
                    {
                        (got.TryGetValue(entry.Channel, out var offsets) ? offsets : got[entry.Channel] = []).Add(entry.Batch.FirstOffset + i);
                        at[journal] = new JournalPlace(entry.Place, left);
                        isCut = cuts?.Next(10) == 0;
                    }
                }
            }).GetAwaiter().GetResult();
        }
        while (gotOn && !isCut);
        return isCut ? at : new Dictionary<int, JournalPlace>(reader.Places);
    }

    /// <summary>Journals whose channels move: who takes one over goes on in another journal.</summary>
    private sealed class FakeJournals(int count) : IChannelJournals
    {
        private readonly Dictionary<int, List<JournalEntry>> _entries = Enumerable.Range(1, count).ToDictionary(x => x, _ => new List<JournalEntry>());
        private readonly Dictionary<string, (int Journal, (int, long)? Before)> _owners = [];

        public Dictionary<string, long> Counts { get; } = [];

        public Dictionary<int, long> Newest => _entries.ToDictionary(x => x.Key, x => (long)x.Value.Count);

        public string? Undecided { get; set; }

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
            // Pages are small, so that there are many.
            var found = _entries[journal].Where(x => x.Place >= first && x.Place <= last).Take(2).ToList();
            return Task.FromResult(found.FindIndex(x => x.Channel == Undecided) is >= 0 and var at
                ? new JournalPage(found[..at], found[at].Place - 1, Undecided)
                : new JournalPage(found, found.Count == 2 ? found[1].Place : Math.Min(last, _entries[journal].Count)));
        }

        public Task GrownBeyond(long place) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<int, long>> Ends() => Task.FromResult<IReadOnlyDictionary<int, long>>(Newest);

        public Task<IReadOnlyList<string>> DroppedAfter(int journal, long after, Func<string, bool> includes, int max) => throw new NotSupportedException();
    }
}
