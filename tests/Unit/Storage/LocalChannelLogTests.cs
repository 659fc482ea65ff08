using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

public sealed class LocalChannelLogTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Open_AnEmptyChannel_HasTheSameEpochOnAllNodes()
    {
        var first = await _store.Open().Open("a");
        var second = await _store.Open().Open("a");
        Assert.Equal((0, 1, first.Epoch), (first.Newest, first.Oldest, second.Epoch));
        Assert.True(MessageId.TryParse($"{first.Epoch}-0", out _));
        Assert.Empty(await second.Read(0, 1000));
    }

    [Fact]
    public async Task Append_SeveralUnderWay_EndInOrder()
    {
        var session = await _store.Open().Open("a");
        var appends = Enumerable.Range(1, 100).Select(x => session.Append(session.Entry(x, _store.Time.NowMs, [$"{x}"])).AsTask()).ToList();
        await appends[^1];
        Assert.All(appends, x => Assert.True(x.IsCompletedSuccessfully));
        Assert.Equal(Enumerable.Range(1, 100).Select(x => $"{x}"), await session.Texts());
    }

    [Fact]
    public async Task Append_WithAHole_IsRefused()
    {
        var session = await _store.Open().Open("a");
        await session.Append(session.Entry(2, _store.Time.NowMs, ["b"])).FailsWith(LogFault.Unavailable);
        await session.AppendAll(_store, ["a"]);
        Assert.Equal(["a"], await session.Texts());
    }

    [Fact]
    public async Task Append_AfterATakeover_IsRefusedAndNeverSeen()
    {
        var old = await _store.Open().Open("a");
        await old.AppendAll(_store, ["1", "2"]);
        var other = _store.Open();
        var session = await other.Open("a");
        await old.Append(old.Entry(3, _store.Time.NowMs, ["stale"])).FailsWith(LogFault.Superseded);
        await session.AppendAll(_store, ["3"]);
        await old.Append(old.Entry(3, _store.Time.NowMs, ["stale"])).FailsWith(LogFault.Superseded);
        Assert.Equal(["1", "2", "3"], await session.Texts());
        Assert.Equal(["1", "2", "3"], await (await _store.Open().Open("a")).Texts());
        Assert.False(await old.Stands());
    }

    [Fact]
    public async Task Append_WhileAnotherChannelOfTheSameSlotIsClaimed_Goes()
    {
        var slot = ClaimCounters.SlotOf("a");
        var neighbour = Enumerable.Range(0, int.MaxValue).Select(x => $"n{x}").First(x => ClaimCounters.SlotOf(x) == slot);
        var session = await _store.Open().Open("a");
        await _store.Open().Open(neighbour);
        Assert.True(await session.Stands());
        await session.AppendAll(_store, ["1"]);
    }

    [Fact]
    public async Task Open_ManyAtOnceOnOneNode_FailsNoOtherChannelAndLeavesOneOwner()
    {
        var log = _store.Open();
        var bystander = await log.Open("b");
        var opening = Enumerable.Range(0, 20).Select(_ => TryOpen(log)).ToList();
        await bystander.AppendAll(_store, Enumerable.Range(0, 50).Select(x => $"{x}"));
        var sessions = (await Task.WhenAll(opening)).OfType<IChannelLogSession>().ToList();
        Assert.NotEmpty(sessions);
        Assert.Equal(sessions.Count, sessions.Select(x => x.Term).Distinct().Count());
        foreach (var session in sessions.OrderBy(x => x.Term).SkipLast(1))
        {
            await session.Append(session.Entry(1, _store.Time.NowMs, ["stale"])).FailsWith(LogFault.Superseded);
        }
    }

    [Fact]
    public async Task Open_FromAllNodesAtOnceWhileTheOwnerAppends_LosesNothingAndHasOneOwner()
    {
        LocalChannelLog[] logs = [_store.Open(), _store.Open(), _store.Open()];
        var acknowledged = new List<(long Offset, string Text)>();
        var owner = await logs[0].Open("a");
        for (var round = 0; round < 20; round++)
        {
            var opening = logs.Select(TryOpen).ToList();
            var next = owner.Newest + 1;
            try
            {
                for (var i = 0; i < 100; i++, next++)
                {
                    await owner.Append(owner.Entry(next, _store.Time.NowMs, [$"{round}-{i}"]));
                    acknowledged.Add((next, $"{round}-{i}"));
                }
            }
            catch (LogException exception) when (exception.Fault == LogFault.Superseded)
            {
            }

            owner = (await Task.WhenAll(opening)).OfType<IChannelLogSession>().MaxBy(x => x.Term) ?? await logs[1].Open("a");
            if (!await owner.Stands())
            {
                owner = await logs[2].Open("a");
            }

            var found = (await owner.ReadAll()).Select(x => (x.Offset, x.Text)).ToHashSet();
            Assert.All(acknowledged, x => Assert.Contains(x, found));
            Assert.Equal(owner.Newest, found.Count);
        }
    }

    [Fact]
    public async Task Read_NoBytes_HasOneBatch()
    {
        var session = await _store.Open().Open("a");
        await session.AppendAll(_store, ["1", "2"]);
        Assert.Equal(1, Assert.Single(await session.Read(0, 0)).FirstOffset);
        Assert.Equal(1, session.Oldest);
    }

    [Fact]
    public async Task Delete_Channel_BeginsAnEpochThatWasNotThereBefore()
    {
        var log = _store.Open();
        var epochs = new HashSet<string>();
        for (var i = 0; i < 5; i++)
        {
            var session = await (i % 2 == 0 ? log : _store.Open()).Open("a");
            Assert.True(epochs.Add(session.Epoch));
            Assert.Equal(0, session.Newest);
            await session.AppendAll(_store, [$"{i}"]);
            await session.Delete();
            await session.Append(session.Entry(2, _store.Time.NowMs, ["stale"])).FailsWith(LogFault.Superseded);
        }
    }

    [Fact]
    public async Task Delete_ByWhoWasReplaced_IsRefused()
    {
        var (first, second) = (_store.Open(), _store.Open());
        var old = await first.Open("a");
        await old.AppendAll(_store, ["1"]);
        await (await second.Open("a")).Delete();
        var session = await second.Open("a");
        await session.AppendAll(_store, ["2"]);

        await old.Delete().FailsWith(LogFault.Superseded);

        var next = await second.Open("a");
        Assert.Equal(session.Epoch, next.Epoch);
        Assert.Equal(["2"], await next.Texts());
    }

    [Fact]
    public async Task KeepSource_ByWhoWasReplaced_IsRefused()
    {
        var log = _store.Open();
        var old = await log.Open("a");
        await old.KeepSource(7);
        var session = await _store.Open().Open("a");
        Assert.Equal(7, session.SourceTerm);
        await old.KeepSource(8).FailsWith(LogFault.Superseded);
        Assert.Equal(7, (await log.Open("a")).SourceTerm);
    }

    [Fact]
    public async Task Open_BesideAFileThatIsBeingMade_Works()
    {
        var log = _store.Open();
        await (await log.Open("a")).AppendAll(_store, ["1"]);

        // What a node leaves that dies while it makes its file.
        await File.WriteAllTextAsync(_store.File("log-2.lock"), string.Empty);
        await File.WriteAllBytesAsync(_store.File("log-2.new"), [1, 2, 3]);
        await File.WriteAllBytesAsync(_store.File("log-2.new-wal"), [1, 2, 3]);

        Assert.Equal(["1"], await (await log.Open("a")).Texts());
        Assert.Equal(["1"], await (await _store.Open().Open("a")).Texts());
        Assert.True(File.Exists(_store.File("log-2.db")));
    }

    [Fact]
    public async Task Dispose_WhileItIsUsed_EndsInLogExceptionsOnly()
    {
        for (var i = 0; i < 5; i++)
        {
            var log = _store.Open();
            var session = await log.Open("a");
            var appends = Enumerable.Range(1, 200).Select(x => session.Append(session.Entry(session.Newest + x, _store.Time.NowMs, ["x"])).AsTask()).ToList();
            var opening = TryOpen(log);
            _store.Close(log);
            await opening;
            foreach (var append in appends)
            {
                Assert.True(await Record.ExceptionAsync(() => append) is null or LogException);
            }

            await session.Append(session.Entry(1, _store.Time.NowMs, ["x"])).FailsWith(LogFault.Unavailable);
            Assert.True(await Record.ExceptionAsync(async () => await session.Stands()) is null or LogException);
        }
    }

    private static async Task<IChannelLogSession?> TryOpen(LocalChannelLog log)
    {
        try
        {
            return await log.Open("a");
        }
        catch (LogException exception)
        {
            Assert.True(exception.Fault is LogFault.Superseded || exception.Message.Contains("stops", StringComparison.Ordinal), exception.Message);
            return null;
        }
    }
}
