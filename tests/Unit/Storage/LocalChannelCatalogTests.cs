using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Storage;

public sealed class LocalChannelCatalogTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task List_ChannelsOfSeveralNodes_AreMergedInOrderAndPaged()
    {
        var nodes = new[] { _store.Open(), _store.Open(), _store.Open() };
        string[] names = [.. Enumerable.Range(0, 60).Select(x => $"{(char)('a' + (x % 7))}/{x}"), "é", "\uffee", "😀", "Z"];
        for (var i = 0; i < names.Length; i++)
        {
            await (await nodes[i % 3].Open(names[i])).AppendAll(_store, ["1", "2"]);
            await nodes[(i + 1) % 3].Open($"{names[i]} that is empty");
        }

        var catalog = Catalog(nodes[1]);
        var expected = names.Order(ChannelNameOrder.Instance).ToList();
        Assert.Equal(expected, (await catalog.List(string.Empty, string.Empty, 1000)).Select(x => x.Channel));
        Assert.Equal(expected.Where(x => x.StartsWith("c/", StringComparison.Ordinal)), (await catalog.List("c/", string.Empty, 1000)).Select(x => x.Channel));
        Assert.Equal(expected.Where(x => x.StartsWith("c/", StringComparison.Ordinal)).Skip(3).Take(2), (await catalog.List("c/", Third("c/"), 2)).Select(x => x.Channel));
        Assert.Empty(await catalog.List("c/", "d", 1000));

        var paged = new List<string>();
        while (await catalog.List(string.Empty, paged.LastOrDefault() ?? string.Empty, 7) is { Count: > 0 } page)
        {
            Assert.True(page.Count == 7 || paged.Count + page.Count == expected.Count);
            paged.AddRange(page.Select(x => x.Channel));
        }

        Assert.Equal(expected, paged);

        string Third(string prefix) => expected.Where(x => x.StartsWith(prefix, StringComparison.Ordinal)).ElementAt(2);
    }

    [Fact]
    public async Task Find_ChannelThatPassedOn_CountsTheMessagesOfAllOwners()
    {
        var (first, second) = (_store.Open(), _store.Open());
        await (await first.Open("a")).AppendAll(_store, ["1", "2", "3"]);
        var session = await second.Open("a");
        await session.AppendAll(_store, ["4", "5"]);
        await first.Open("b");

        var kept = await Catalog(first).Find(["a", "b", "nowhere"]);
        Assert.Equal(new KeptMessages("a", session.Epoch, 1, 5, Bytes(await session.Read(0, 1_000_000))), kept[0]);
        Assert.Equal(new KeptMessages("b", session.Epoch, 1, 0, 0), kept[1]);
        Assert.Equal(new KeptMessages("nowhere", session.Epoch, 1, 0, 0), kept[2]);
        Assert.Equal(0, kept[1]!.Count);
    }

    [Fact]
    public async Task Find_WhatIsNotThere_LeavesNoRow()
    {
        var node = _store.Open();
        await (await node.Open("a")).AppendAll(_store, ["1"]);
        var catalog = Catalog(node);
        await catalog.Find(["nowhere"]);
        await catalog.List("no", string.Empty, 10);
        var file = Assert.Single(node.Files.Files());
        Assert.Null(file.Read(x => x.IdOf("nowhere")));
        Assert.NotNull(file.Read(x => x.IdOf("a")));
    }

    [Fact]
    public async Task Find_WhatIsTooOldTooMuchOrDeleted_IsNotCounted()
    {
        _store.Retention.Channels["few"] = new RetentionLimits { Messages = 64 };
        var (first, second) = (_store.Open(), _store.Open());
        await (await first.Open("old")).AppendAll(_store, ["1", "2"]);
        await (await first.Open("few")).AppendAll(_store, Enumerable.Range(1, 64).Select(x => $"{x}"));
        await (await first.Open("gone")).AppendAll(_store, ["1"]);
        _store.Time.NowMs += (long)TimeSpan.FromHours(23).TotalMilliseconds;
        await (await second.Open("old")).AppendAll(_store, ["3"]);
        var few = await second.Open("few");
        await few.AppendAll(_store, Enumerable.Range(65, 64).Select(x => $"{x}"));
        var gone = await second.Open("gone");
        await gone.Delete();
        var catalog = Catalog(first);

        // The messages of the owner before are in its file, where nobody trims them.
        await Eventually.TrueAsync(async () => (await catalog.Find(["few"]))[0]!.Count <= 65, "what is beyond the limit goes");
        Assert.InRange((await catalog.Find(["few"]))[0]!.Count, 64, 65);
        Assert.Equal(few.Oldest, (await catalog.Find(["few"]))[0]!.Oldest);
        Assert.Equal((1L, 3L), await Kept("old"));
        var deleted = (await catalog.Find(["gone"]))[0]!;
        Assert.Equal((0L, 0L), (deleted.Count, deleted.Newest));
        Assert.NotEqual(gone.Epoch, deleted.Epoch);
        Assert.Equal(["few", "old"], (await catalog.List(string.Empty, string.Empty, 10)).Select(x => x.Channel));

        _store.Time.NowMs += (long)TimeSpan.FromHours(2).TotalMilliseconds;
        Assert.Equal((3L, 3L), await Kept("old"));
        _store.Time.NowMs += (long)TimeSpan.FromHours(23).TotalMilliseconds;
        Assert.Equal((4L, 3L), await Kept("old"));
        Assert.Empty(await catalog.List(string.Empty, string.Empty, 10));

        async Task<(long Oldest, long Newest)> Kept(string channel) => (await catalog.Find([channel]))[0] is { } kept ? (kept.Oldest, kept.Newest) : default;
    }

    private LocalChannelCatalog Catalog(LocalChannelLog node) => new(node, new TestStore.Fixed(_store.Retention), _store.Time);

    private static long Bytes(IEnumerable<MessageBatch> batches) => batches.Sum(x => (long)x.Data.Length);
}
