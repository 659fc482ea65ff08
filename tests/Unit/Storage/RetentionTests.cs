using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Storage;

public sealed class RetentionTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Append_MoreMessagesThanAreKept_DropsTheOldest()
    {
        _store.Retention.Messages = 64;
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, Enumerable.Range(1, 1000).Select(x => $"{x}"));
        await Eventually.TrueAsync(() => session.Oldest >= 936, "what is beyond the limit goes");
        Assert.InRange((await session.ReadAll())[0].Offset, 936, 937);
        Assert.Equal(1000, (await log.Open("a")).Newest);
    }

    [Fact]
    public async Task Append_MoreBytesThanAreKept_DropsTheOldestButNeverTheNewest()
    {
        _store.Retention.Bytes = 10_000;
        var session = await _store.Open().Open("a");
        await session.AppendAll(_store, Enumerable.Range(1, 100).Select(x => $"{x}"), padding: 1000);
        await Eventually.TrueAsync(() => session.Oldest >= 90, "what is beyond the limit goes");
        Assert.InRange(session.Oldest, 90, 92);
        await session.AppendAll(_store, ["large"], after: 100, padding: 50_000);
        await Eventually.TrueAsync(() => session.Oldest == 101, "all but the newest goes");
        Assert.Equal(["large"], await session.Texts());
    }

    [Fact]
    public async Task Append_AfterOthersWereDroppedByAge_KeepsAsManyBytesAsBefore()
    {
        _store.Retention.Bytes = 50_000;
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, Enumerable.Range(1, 45).Select(x => $"{x}"), padding: 1000);
        _store.Time.NowMs += (long)TimeSpan.FromHours(25).TotalMilliseconds;
        await log.Tidy();
        await session.AppendAll(_store, Enumerable.Range(46, 40).Select(x => $"{x}"), after: 45, padding: 1000);
        await session.AppendAll(_store, ["last"], after: 85);
        await Eventually.TrueAsync(() => session.Oldest == 46, "what was dropped is not counted");
        Assert.Equal(41, (await session.ReadAll()).Count);
    }

    [Fact]
    public async Task Read_MessagesThatAreTooOld_AreNotThere()
    {
        _store.Retention.Channels["short/*"] = new RetentionLimits { Age = TimeSpan.FromMinutes(1) };
        var log = _store.Open();
        var (brief, other) = (await log.Open("short/a"), await log.Open("a"));
        await brief.AppendAll(_store, ["1"]);
        await other.AppendAll(_store, ["1"]);
        _store.Time.NowMs += 61_000;
        await brief.AppendAll(_store, ["2"], after: 1);
        Assert.Equal(["2"], await brief.Texts());
        Assert.Equal(2, brief.Oldest);
        Assert.Equal(["1"], await other.Texts());
    }

    [Fact]
    public async Task Tidy_WhatIsTooOld_DropsItAndKeepsTheOffsets()
    {
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, ["1", "2"]);
        _store.Time.NowMs += (long)TimeSpan.FromHours(25).TotalMilliseconds;
        await log.Tidy();
        Assert.Empty(await session.Read(0, 1000));
        var next = await _store.Open().Open("a");
        Assert.Equal((session.Epoch, 2, 3), (next.Epoch, next.Newest, next.Oldest));
        await next.AppendAll(_store, ["3"]);
        Assert.Equal(["3"], await (await log.Open("a")).Texts());
    }

    [Fact]
    public async Task Tidy_OldestIsInAnothersFile_DropsWhatIsTooOldInItsOwn()
    {
        var (other, log) = (_store.Open(), _store.Open());
        await (await other.Open("other")).AppendAll(_store, ["1"]);
        _store.Time.NowMs += 1000;
        var session = await log.Open("own");
        await session.AppendAll(_store, ["1"]);
        _store.Time.NowMs += (long)TimeSpan.FromHours(25).TotalMilliseconds;

        await log.Tidy();

        // Its rows are gone from the file, not only too old to be read.
        _store.Retention.Age = TimeSpan.FromDays(2);
        Assert.Equal((2, 1), ((await log.Open("own")) is var own ? (own.Oldest, own.Newest) : default));
        Assert.Equal(1, (await log.Open("other")).Oldest);
    }

    [Fact]
    public async Task Tidy_AboveTheCapOfTheStore_DropsTheOldestOfAllAlsoOfFilesThatNobodyHolds()
    {
        _store.Retention.StoreBytes = 3_000_000;
        var (first, second) = (_store.Open(), _store.Open());
        var gone = await second.Open("gone");
        await gone.AppendAll(_store, Enumerable.Range(1, 100).Select(x => $"{x}"), padding: 10_000);
        _store.Close(second);
        _store.Time.NowMs += 1000;
        var old = await first.Open("old");
        await old.AppendAll(_store, Enumerable.Range(1, 100).Select(x => $"{x}"), padding: 10_000);
        await first.Tidy();
        Assert.Equal(100, (await old.ReadAll()).Count);
        _store.Time.NowMs += 1000;
        var fresh = await first.Open("fresh");
        await fresh.AppendAll(_store, Enumerable.Range(1, 150).Select(x => $"{x}"), padding: 10_000);
        await first.Tidy();
        Assert.Equal(150, (await fresh.ReadAll()).Count);
        Assert.InRange((await old.ReadAll()).Count, 50, 100);
        var next = await first.Open("gone");
        Assert.InRange(next.Newest - next.Oldest + 1, 0, 90);
        Assert.Equal(100, next.Newest);
    }

    [Fact]
    public async Task Open_KeysOfMessagesThatAreGone_AreStillKnown()
    {
        _store.Retention.Messages = 4;
        var log = _store.Open();
        var session = await log.Open("a");
        var sender = Guid.NewGuid();
        for (var i = 1; i <= 100; i++)
        {
            var key = new KeyedPublish($"key{i}", (UInt128)i, i, 1);
            await session.Append(session.Entry(i, _store.Time.NowMs, [$"{i}"], new PublishOrigin(sender, i), i % 2 == 0 ? [key] : null));
        }

        await Eventually.TrueAsync(() => session.Oldest >= 96, "what is beyond the limit goes");
        var next = await _store.Open().Open("a");
        Assert.Equal(Enumerable.Range(1, 100).Select(x => (long)x), next.Recent.Select(x => x.Origin!.Sequence));
        Assert.Equal(50, next.Recent.Count(x => x.Keys is { Length: 1 } keys && keys[0] == new KeyedPublish($"key{x.FirstOffset}", (UInt128)x.FirstOffset, x.FirstOffset, 1)));

        // Origins are asked for half a minute, keys for five.
        _store.Time.NowMs += 31_000;
        Assert.Equal(Enumerable.Range(1, 50).Select(x => 2L * x), (await log.Open("a")).Recent.Select(x => x.FirstOffset));
        _store.Time.NowMs += 270_000;
        var last = await log.Open("a");
        Assert.Empty(last.Recent);
        Assert.Equal(100, last.Newest);
    }

    [Fact]
    public async Task Tidy_MessagesThatAreKeptShorterThanKeys_LeavesTheKeys()
    {
        _store.Retention.Age = TimeSpan.FromMinutes(1);
        var log = _store.Open();
        var session = await log.Open("a");
        await session.Append(session.Entry(1, _store.Time.NowMs, ["1"], null, [new KeyedPublish("k", 1, 1, 1)]));
        _store.Time.NowMs += 120_000;
        await log.Tidy();
        var next = await log.Open("a");
        Assert.Equal("k", Assert.Single(Assert.Single(next.Recent).Keys!).Key);
        Assert.Empty(await next.Texts());
        _store.Time.NowMs += 200_000;
        await log.Tidy();
        Assert.Empty((await log.Open("a")).Recent);
    }
}
