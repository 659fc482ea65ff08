using OrleansGateway.Channels;
using OrleansGateway.Journals;
using OrleansGateway.Logs;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Storage;

/// <summary>The files as journals: what counts comes in the order of the commits, and nothing else.</summary>
public sealed class LocalJournalsTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Read_SeveralChannels_InTheOrderOfTheCommits()
    {
        var log = _store.Open();
        var (a, b) = (await log.Open("s/a"), await log.Open("s/b"));
        await a.AppendAll(_store, ["1", "2"]);
        await b.AppendAll(_store, ["3"]);
        await a.AppendAll(_store, ["4"], after: 2);
        Assert.Equal(["s/a 1", "s/a 2", "s/b 3", "s/a 4"], await All(log.Journals));
        Assert.Equal(["s/b 3"], await All(log.Journals, x => x == "s/b"));
    }

    [Fact]
    public async Task Read_AChannelThatMoved_NamesWhatComesBefore()
    {
        var first = _store.Open();
        await (await first.Open("a")).AppendAll(_store, ["1", "2"]);
        var second = _store.Open();
        await (await second.Open("a")).AppendAll(_store, ["3"]);
        var ends = await second.Journals.Ends();
        var (one, two) = (await Page(second.Journals, 1, ends[1]), await Page(second.Journals, 2, ends[2]));
        Assert.All(one.Entries, x => Assert.Null(x.After));
        Assert.Equal((1, one.Entries[^1].Place), two.Entries[0].After);
    }

    [Fact]
    public async Task Read_WhatAReplacedOwnerAppended_DoesNotCount()
    {
        var (first, second) = (_store.Open(), _store.Open());
        var old = await first.Open("a");
        await old.AppendAll(_store, ["1"]);
        await (await second.Open("a")).AppendAll(_store, ["2"]);
        await old.Append(old.Entry(2, _store.Time.NowMs, ["stale"])).FailsWith(LogFault.Superseded);
        Assert.Equal(["a 1", "a 2"], await All(first.Journals));
        Assert.Equal(["a 1", "a 2"], await All(second.Journals));
    }

    [Fact]
    public async Task Names_PartOfAJournal_AreEachChannelOnceWhetherOrNotItCounts()
    {
        var (first, second) = (_store.Open(), _store.Open());
        var (a, b) = (await first.Open("a"), await first.Open("b"));
        await a.AppendAll(_store, ["1", "2"]);
        await b.AppendAll(_store, ["3"]);
        var before = (await second.Journals.Ends())[1];
        await a.AppendAll(_store, ["3"], after: 2);
        await (await second.Open("a")).AppendAll(_store, ["4"]);
        var ends = await second.Journals.Ends();
        Assert.Equal(["a", "b"], (await second.Journals.Names(1, 1, before)).Channels.Order());
        Assert.Equal(["a"], (await second.Journals.Names(1, before + 1, ends[1])).Channels);
        Assert.Equal(ends[1], (await second.Journals.Names(1, before + 1, ends[1])).Through);
        Assert.Equal(["a"], (await first.Journals.Names(2, 1, ends[2])).Channels);
        Assert.Empty((await first.Journals.Names(3, 1, 7)).Channels);
    }

    [Fact]
    public async Task Read_ADeletedChannel_BeginsWithWhatCameAfter()
    {
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, ["1"]);
        await session.Delete();
        var next = await log.Open("a", session.Term);
        await next.AppendAll(_store, ["2"]);
        Assert.Equal(["a 2"], await All(log.Journals));
        Assert.Equal(next.Epoch, (await Page(log.Journals, 1, log.Journals.Newest)).Entries[0].Batch.Epoch);
    }

    [Fact]
    public async Task Places_AreNotGivenTwice_AlsoWhenTheNewestWasDeletedAndTheNodeStartsAnew()
    {
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, ["1", "2"]);
        var place = log.Journals.Newest;
        await session.Delete();
        Assert.Equal(place, log.Journals.Newest);
        _store.Close(log);
        log = _store.Open();
        Assert.Equal(place, log.Journals.Newest);
        await (await log.Open("a")).AppendAll(_store, ["3"]);
        Assert.Equal(place + 1, log.Journals.Newest);
        Assert.Equal(["a 3"], await All(log.Journals));
    }

    [Fact]
    public async Task Read_WhileSomebodyTakesTheChannelOver_IsUndecidedUntilThatIsDone()
    {
        var log = _store.Open();
        await (await log.Open("a")).AppendAll(_store, ["1"]);
        await (await log.Open("b")).AppendAll(_store, ["2"]);

        // Somebody claims it and dies before it says where its messages begin.
        var other = _store.Open();
        var claimed = await other.Open("a");
        Uncut("a");
        var page = await Page(log.Journals, 1, log.Journals.Newest);
        Assert.Equal(("a", 0, 0L), (page.Undecided, page.Entries.Count, page.Through));
        await log.Open("a", claimed.Term);
        Assert.Equal(["a 1", "b 2"], await All(log.Journals));
    }

    [Fact]
    public async Task DroppedAfter_ByRetention_NamesTheChannelsThatLostSomething()
    {
        _store.Retention.Channels["a"] = new RetentionLimits { Messages = 64 };
        var log = _store.Open();
        var (a, b) = (await log.Open("a"), await log.Open("b"));
        await b.AppendAll(_store, ["0"]);
        await a.AppendAll(_store, [.. Enumerable.Range(1, 64).Select(x => $"{x}")]);
        var before = log.Journals.Newest;
        Assert.Empty(await log.Journals.DroppedAfter(1, 0, _ => true, 10));
        await a.AppendAll(_store, [.. Enumerable.Range(65, 20).Select(x => $"{x}")], after: 64);
        await Eventually.TrueAsync(() => a.Oldest > 10, "it is trimmed");
        await Eventually.TrueAsync(async () => (await log.Journals.DroppedAfter(1, 0, _ => true, 10)).Count > 0, "it is noted");
        Assert.Equal(["a"], await log.Journals.DroppedAfter(1, 0, _ => true, 10));
        Assert.Empty(await log.Journals.DroppedAfter(1, 0, x => x == "b", 10));

        // Who was as far as this has lost nothing.
        Assert.Empty(await log.Journals.DroppedAfter(1, before, _ => true, 10));
    }

    [Fact]
    public async Task DroppedAfter_TheChannelWasTakenOverSince_StillNamesIt()
    {
        var log = _store.Open();
        await (await log.Open("a")).AppendAll(_store, ["1", "2"]);
        var place = log.Journals.Newest;
        _store.Time.NowMs += (long)TimeSpan.FromHours(25).TotalMilliseconds;
        await log.Tidy();
        Assert.Equal(["a"], await log.Journals.DroppedAfter(1, 0, _ => true, 10));

        // The claim under which it was dropped has nothing left and goes.
        await log.Open("a");
        Assert.Equal(["a"], await log.Journals.DroppedAfter(1, 0, _ => true, 10));
        Assert.Empty(await log.Journals.DroppedAfter(1, place, _ => true, 10));
    }

    [Fact]
    public async Task DroppedAfter_TheChannelWasDeleted_NamesItForWhoHadNotAll()
    {
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, ["1", "2"]);
        var place = log.Journals.Newest;
        await session.Delete();
        await log.Open("a", session.Term);
        Assert.Equal(["a"], await log.Journals.DroppedAfter(1, place - 1, _ => true, 10));
        Assert.Empty(await log.Journals.DroppedAfter(1, place, _ => true, 10));
    }

    [Fact]
    public async Task DroppedAfter_WhatIsTooOldButStillThere_CountsAsDropped()
    {
        _store.Retention.Channels["a"] = new RetentionLimits { Age = TimeSpan.FromHours(1) };
        var log = _store.Open();
        await (await log.Open("a")).AppendAll(_store, ["1"]);
        await (await log.Open("b")).AppendAll(_store, ["2"]);
        Assert.Empty(await log.Journals.DroppedAfter(1, 0, _ => true, 10));
        _store.Time.NowMs += (long)TimeSpan.FromHours(2).TotalMilliseconds;
        Assert.Equal(["b 2"], await All(log.Journals));
        Assert.Equal(["a"], await log.Journals.DroppedAfter(1, 0, _ => true, 10));
        Assert.Empty(await log.Journals.DroppedAfter(1, 0, x => x == "b", 10));
    }

    [Fact]
    public async Task GrownBeyond_TellsEachCommit()
    {
        var log = _store.Open();
        var grown = log.Journals.GrownBeyond(0);
        Assert.False(grown.IsCompleted);
        await (await log.Open("a")).AppendAll(_store, ["1"]);
        await grown.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(log.Journals.GrownBeyond(0).IsCompleted);
        Assert.False(log.Journals.GrownBeyond(log.Journals.Newest).IsCompleted);
    }

    [Fact]
    public async Task Read_AStoreOfTheVersionBefore_IsTakenOver()
    {
        var log = _store.Open();
        await (await log.Open("a")).AppendAll(_store, ["1"]);
        _store.Close(log);
        using (var database = new OrleansGateway.Storage.Sqlite.Database(_store.File("log-1.db")))
        {
            database.Execute("DROP TABLE top; DROP INDEX claim_gone; ALTER TABLE claim DROP COLUMN gone_id; PRAGMA user_version=1;");
        }

        log = _store.Open();
        await (await log.Open("a")).AppendAll(_store, ["2"]);
        Assert.Equal(["a 1", "a 2"], await All(log.Journals));
    }

    private static async Task<List<string>> All(IChannelJournals journals, Func<string, bool>? includes = null)
    {
        var found = new List<string>();
        foreach (var (journal, end) in (await journals.Ends()).OrderBy(x => x.Key))
        {
            var page = await journals.Read(journal, 1, end, includes ?? (_ => true), 0, int.MaxValue);
            Assert.Null(page.Undecided);
            Assert.Equal(end, page.Through);
            foreach (var entry in page.Entries)
            {
                foreach (var message in entry.Batch)
                {
                    found.Add($"{entry.Channel} {System.Text.Encoding.UTF8.GetString(message.Body.Span)}");
                }
            }
        }

        return found;
    }

    private static Task<JournalPage> Page(IChannelJournals journals, int journal, long end) => journals.Read(journal, 1, end, _ => true, 0, int.MaxValue);

    private void Uncut(string channel)
    {
        using var database = new OrleansGateway.Storage.Sqlite.Database(_store.File("log-2.db"));
        database.Execute($"UPDATE claim SET cut = 0 WHERE channel = (SELECT id FROM channel WHERE name = '{channel}')");
    }
}
