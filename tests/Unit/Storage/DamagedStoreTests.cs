using Microsoft.Data.Sqlite;
using OrleansGateway.Logs;
using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Unit.Storage;

/// <summary>What is left of a store after files were torn, emptied or lost.</summary>
public sealed class DamagedStoreTests : IDisposable
{
    private static readonly string[] Texts = [.. Enumerable.Range(1, 300).Select(x => $"{x}")];

    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Crash_OfAll_LosesNothingAndKeepsTheEpoch()
    {
        var epoch = await Write();
        _store.Crash();
        var session = await _store.Open().Open("a");
        Assert.Equal(epoch, session.Epoch);
        Assert.Equal(Texts, await session.Texts());
        Assert.Equal(_store.Time.NowMs, session.LastTimeMs);
    }

    [Fact]
    public async Task StopMachine_WhileAFileIsOpen_BeginsNewEpochs()
    {
        var epoch = await Write();
        _store.StopMachine();
        var log = _store.Open();
        var session = await log.Open("a");
        Assert.NotEqual(epoch, session.Epoch);
        Assert.Equal(Texts, await session.Texts());
        Assert.Equal(session.Epoch, (await _store.Open().Open("a")).Epoch);
    }

    [Fact]
    public async Task StopMachine_AfterAllWasClosed_KeepsTheEpochs()
    {
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, Texts);
        _store.Close(log);
        _store.StopMachine();
        Assert.Equal(session.Epoch, (await _store.Open().Open("a")).Epoch);
    }

    [Fact]
    public async Task StopMachine_AfterAnotherNodeTidiedAClosedFile_KeepsTheEpochs()
    {
        var (first, second) = (_store.Open(), _store.Open());
        var session = await second.Open("a");
        await session.AppendAll(_store, Texts);
        _store.Close(second);
        _store.Time.NowMs += (long)TimeSpan.FromDays(2).TotalMilliseconds;
        await first.Tidy();
        _store.Close(first);
        _store.StopMachine();
        var next = await _store.Open().Open("a");
        Assert.Equal(session.Epoch, next.Epoch);
        Assert.Equal((300, 301), (next.Newest, next.Oldest));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(40)]
    [InlineData(5000)]
    [InlineData(100_000)]
    [InlineData(200_001)]
    public async Task Open_WalCutByAStopOfTheMachine_HasAPrefixUnderAnotherEpoch(int bytes)
    {
        var epoch = await Write();
        _store.StopMachine();
        using (var wal = File.OpenWrite(_store.File("log-1.db-wal")))
        {
            Assert.True(wal.Length > bytes);
            wal.SetLength(bytes);
        }

        var session = await _store.Open().Open("a");
        Assert.NotEqual(epoch, session.Epoch);
        var found = (await session.ReadAll()).Select(x => x.Text).ToList();
        Assert.Equal(Texts.Take(found.Count), found);
        Assert.Equal(found.Count, session.Newest);
        await session.AppendAll(_store, ["next"]);
        Assert.Equal([.. found, "next"], await (await _store.Open().Open("a")).Texts());
    }

    [Fact]
    public async Task Open_GarbageBehindTheWal_LosesNothing()
    {
        var epoch = await Write();
        _store.Crash();
        await using (var wal = new FileStream(_store.File("log-1.db-wal"), FileMode.Append))
        {
            wal.Write(Enumerable.Range(0, 50_000).Select(x => (byte)(x * 7)).ToArray());
        }

        var session = await _store.Open().Open("a");
        Assert.Equal(epoch, session.Epoch);
        Assert.Equal(Texts, await session.Texts());
        await session.AppendAll(_store, ["next"]);
        Assert.Equal([.. Texts, "next"], await (await _store.Open().Open("a")).Texts());
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("garbage")]
    public async Task Open_DamagedFile_IsPutAsideAndTheEpochsChange(string damage)
    {
        var epoch = await WriteAndClose();
        Damage("log-1.db", damage);
        var log = _store.Open();
        var session = await log.Open("a");
        Assert.NotEqual(epoch, session.Epoch);
        Assert.Empty(await session.ReadAll());
        await session.AppendAll(_store, ["new"]);
        Assert.Single(Directory.GetFiles(_store.Directory, "log-1.db.damaged-*"), x => !x.EndsWith("-wal", StringComparison.Ordinal) && !x.EndsWith("-shm", StringComparison.Ordinal));

        // Neither the number nor the epoch comes again.
        Assert.False(File.Exists(_store.File("log-1.db")));
        _store.Close(log);
        var next = await _store.Open().Open("a");
        Assert.Equal(session.Epoch, next.Epoch);
        Assert.Equal(["new"], await next.Texts());
        Assert.False(File.Exists(_store.File("log-1.db")));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("garbage")]
    public async Task Open_DamagedFileThatNobodyTakes_HoldsUpNobody(string damage)
    {
        var (first, second) = (_store.Open(), _store.Open());
        await (await second.Open("a")).AppendAll(_store, Texts);
        await (await first.Open("b")).AppendAll(_store, ["kept"]);
        _store.Close(second);
        _store.Close(first);
        Damage("log-2.db", damage);
        var log = _store.Open();
        Assert.Equal(["kept"], await (await log.Open("b")).Texts());
        Assert.Empty(await (await log.Open("a")).Texts());
    }

    [Fact]
    public async Task Open_LostFile_ChangesTheEpochsOnceAndItsNumberIsNotUsedAgain()
    {
        var epoch = await WriteAndClose();
        File.Delete(_store.File("log-1.db"));
        var log = _store.Open();
        var session = await log.Open("a");
        Assert.NotEqual(epoch, session.Epoch);
        await session.AppendAll(_store, ["new"]);
        Assert.False(File.Exists(_store.File("log-1.db")));
        _store.Close(log);
        var next = await _store.Open().Open("a");
        Assert.Equal(session.Epoch, next.Epoch);
        Assert.Equal(["new"], await next.Texts());
    }

    [Fact]
    public async Task Open_LostCounters_AreMadeAnew()
    {
        var epoch = await WriteAndClose();
        File.Delete(_store.File("claims"));
        Assert.Equal(epoch, (await _store.Open().Open("a")).Epoch);
    }

    [Fact]
    public async Task Open_LaterVersion_SaysSoAndTouchesNothing()
    {
        await WriteAndClose();
        SetVersion("log-1.db", LogFile.Version + 1);
        var before = await File.ReadAllBytesAsync(_store.File("log-1.db"));
        var exception = Assert.Throws<LogException>(() => _store.Open());
        Assert.Contains($"version {LogFile.Version + 1}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("newer program", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_store.File("log-1.db")));
    }

    [Fact]
    public async Task Open_BesideANodeOfALaterVersion_IsRefusedChannelByChannel()
    {
        await WriteAndClose();
        SetVersion("log-1.db", LogFile.Version + 1);
        await using var held = new FileStream(_store.File("log-1.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var log = _store.Open();
        var exception = await Assert.ThrowsAsync<LogException>(() => log.Open("a"));
        Assert.Contains($"version {LogFile.Version + 1}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_ClaimsThatCannotBeRead_AreNotAcknowledgedAndTheNodeGoesOn()
    {
        var log = _store.Open();
        var session = await log.Open("a");
        var other = await log.Open("b");
        await _store.Open().Open("a");
        var moved = $"{_store.Directory}-moved";
        Directory.Move(_store.Directory, moved);
        try
        {
            await session.Append(session.Entry(1, _store.Time.NowMs, ["1"])).FailsWith(LogFault.Superseded);
        }
        finally
        {
            Directory.Move(moved, _store.Directory);
        }

        await other.AppendAll(_store, ["2"]);
        Assert.Equal(["2"], await other.Texts());
    }

    private async Task<string> Write()
    {
        var session = await _store.Open().Open("a");
        await session.AppendAll(_store, Texts);
        return session.Epoch;
    }

    private async Task<string> WriteAndClose()
    {
        var log = _store.Open();
        var session = await log.Open("a");
        await session.AppendAll(_store, Texts);
        _store.Close(log);
        return session.Epoch;
    }

    private void Damage(string name, string damage)
    {
        using var file = new FileStream(_store.File(name), FileMode.Open);
        switch (damage)
        {
            case "cut":
                file.SetLength(file.Length / 2);
                break;
            case "empty":
                file.SetLength(0);
                break;
            default:
                file.Write(Enumerable.Range(0, 5000).Select(x => (byte)(x * 13)).ToArray());
                break;
        }
    }

    private void SetVersion(string name, int version)
    {
        using (var connection = new SqliteConnection($"Data Source={_store.File(name)};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A number.
            command.CommandText = $"PRAGMA user_version={version}";
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
    }
}
