using CsCheck;
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
}
