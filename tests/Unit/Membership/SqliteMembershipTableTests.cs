using System.Collections.Concurrent;
using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansGateway.Membership;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Membership;

/// <summary>What Orleans expects of an <see cref="IMembershipTable"/> that has versions, and the sweep of our own.</summary>
public sealed class SqliteMembershipTableTests : IDisposable
{
    private static readonly DateTime Start = new(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("membership-").FullName;
    private readonly ConcurrentBag<SqliteMembershipTable> _tables = [];
    private readonly Lifetime _lifetime = new();
    private int _generations;

    public void Dispose()
    {
        foreach (var table in _tables)
        {
            table.Dispose();
        }

        _lifetime.Stopping.Dispose();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task InitializeMembershipTable_Twice_KeepsWhatIsThere()
    {
        var table = await Create();
        Assert.Equal("0", (await table.ReadAll()).Version.VersionEtag);
        Assert.True(await table.InsertRow(Entry(1, SiloStatus.Dead), (await table.ReadAll()).Version.Next()));
        await (await Create()).InitializeMembershipTable(true);
        await AssertState(table, version: 1, Entry(1, SiloStatus.Dead));
    }

    [Fact]
    public async Task InitializeMembershipTable_ByManyAtOnceOnANewFile_Works()
    {
        var tables = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Create())));
        Assert.Empty((await tables[0].ReadAll()).Members);
    }

    [Fact]
    public async Task InsertRow_NewRow_MovesTheVersion()
    {
        var table = await Create();
        var before = await table.ReadAll();
        Assert.True(await table.InsertRow(Entry(1), before.Version.Next()));
        var after = await table.ReadAll();
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        Assert.NotEqual(before.Version.VersionEtag, after.Version.VersionEtag);
        Assert.Single(after.Members);
    }

    [Fact]
    public async Task InsertRow_StaleVersion_IsRefusedAndChangesNothing()
    {
        var table = await Create();
        var stale = (await table.ReadAll()).Version;
        Assert.True(await table.InsertRow(Entry(1), stale.Next()));
        Assert.False(await table.InsertRow(Entry(2), stale.Next()));
        await AssertState(table, version: 1, Entry(1));
    }

    [Fact]
    public async Task InsertRow_RowThatIsThere_IsRefusedAndChangesNothing()
    {
        var table = await Create();
        Assert.True(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()));
        Assert.False(await table.InsertRow(Entry(1, SiloStatus.Dead), (await table.ReadAll()).Version.Next()));
        await AssertState(table, version: 1, Entry(1));
    }

    [Fact]
    public async Task UpdateRow_PresentEtagAndVersion_MovesBoth()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        var before = await table.ReadAll();
        Assert.True(await table.UpdateRow(Entry(1, SiloStatus.ShuttingDown), before.Members[0].Item2, before.Version.Next()));
        var after = await AssertState(table, version: 2, Entry(1, SiloStatus.ShuttingDown));
        Assert.NotEqual(before.Members[0].Item2, after.Members[0].Item2);
    }

    [Fact]
    public async Task UpdateRow_StaleEtag_IsRefusedAndChangesNothing()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        var stale = (await table.ReadAll()).Members[0].Item2;
        Assert.True(await table.UpdateRow(Entry(1, SiloStatus.ShuttingDown), stale, (await table.ReadAll()).Version.Next()));
        Assert.False(await table.UpdateRow(Entry(1, SiloStatus.Dead), stale, (await table.ReadAll()).Version.Next()));
        await AssertState(table, version: 2, Entry(1, SiloStatus.ShuttingDown));
    }

    [Fact]
    public async Task UpdateRow_StaleVersion_IsRefusedAndChangesNothing()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        var stale = await table.ReadAll();
        await table.InsertRow(Entry(2), stale.Version.Next());
        Assert.False(await table.UpdateRow(Entry(1, SiloStatus.Dead), stale.Members[0].Item2, stale.Version.Next()));
        await AssertState(table, version: 2, Entry(1), Entry(2));
    }

    [Fact]
    public async Task UpdateRow_NoSuchRow_IsRefusedAndChangesNothing()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        Assert.False(await table.UpdateRow(Entry(2), "0", (await table.ReadAll()).Version.Next()));
        await AssertState(table, version: 1, Entry(1));
    }

    [Fact]
    public async Task ReadRow_Row_HasItsEtagAndTheVersion()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        await table.InsertRow(Entry(2), (await table.ReadAll()).Version.Next());
        var (all, one) = (await table.ReadAll(), await table.ReadRow(Entry(2).SiloAddress));
        var (entry, etag) = Assert.Single(one.Members);
        AssertSame(Entry(2), entry);
        Assert.Equal(all.TryGet(entry.SiloAddress)!.Item2, etag);
        Assert.Equal((2, all.Version.VersionEtag), (one.Version.Version, one.Version.VersionEtag));
    }

    [Fact]
    public async Task ReadRow_NoSuchRow_IsEmptyWithTheVersion()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        var read = await table.ReadRow(Entry(2).SiloAddress);
        Assert.Empty(read.Members);
        Assert.Equal(1, read.Version.Version);
    }

    [Fact]
    public async Task ReadRow_OtherGenerationOfTheSilo_IsAnotherRow()
    {
        var table = await Create();
        var (former, later) = (Entry(1), Entry(1));
        later.SiloAddress = SiloAddress.New(former.SiloAddress.Endpoint, former.SiloAddress.Generation + 1);
        await table.InsertRow(former, (await table.ReadAll()).Version.Next());
        await table.InsertRow(later, (await table.ReadAll()).Version.Next());
        Assert.Equal(2, (await table.ReadAll()).Members.Count);
        Assert.Equal(later.SiloAddress, Assert.Single((await table.ReadRow(later.SiloAddress)).Members).Item1.SiloAddress);
    }

    [Fact]
    public async Task UpdateIAmAlive_Row_TouchesNeitherEtagNorVersion()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        var before = await table.ReadAll();
        await table.UpdateIAmAlive(new MembershipEntry { SiloAddress = Entry(1).SiloAddress, IAmAliveTime = Start.AddMinutes(5) });
        var after = await table.ReadAll();
        Assert.Equal(Start.AddMinutes(5), after.Members[0].Item1.IAmAliveTime);
        Assert.Equal(DateTimeKind.Utc, after.Members[0].Item1.IAmAliveTime.Kind);
        Assert.Equal(before.Members[0].Item2, after.Members[0].Item2);
        Assert.Equal(before.Version.VersionEtag, after.Version.VersionEtag);

        // Whoever read before may still write.
        Assert.True(await table.UpdateRow(Entry(1, SiloStatus.Dead), before.Members[0].Item2, before.Version.Next()));
    }

    [Fact]
    public async Task UpdateIAmAlive_OneOfSeveral_LeavesTheOthers()
    {
        var table = await Create();
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        await table.InsertRow(Entry(2), (await table.ReadAll()).Version.Next());
        await table.UpdateIAmAlive(new MembershipEntry { SiloAddress = Entry(1).SiloAddress, IAmAliveTime = Start.AddMinutes(5) });
        Assert.Equal(Start, (await table.ReadRow(Entry(2).SiloAddress)).Members[0].Item1.IAmAliveTime);
    }

    [Fact]
    public async Task Change_ManyWritersFromSeveralInstances_LosesNothing()
    {
        // Each adds a suspicion to the one row, as nodes do at the same moment.
        const int Writers = 6, Each = 10;
        var tables = await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Create()));
        await tables[0].InsertRow(Entry(1), (await tables[0].ReadAll()).Version.Next());
        await Task.WhenAll(tables.Select((table, writer) => Task.Run(async () =>
        {
            for (var i = 0; i < Each;)
            {
                var read = await table.ReadAll();
                var (entry, etag) = read.Members[0];
                entry.AddSuspector(SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1000 + writer), i + 1), Start);
                if (await table.UpdateRow(entry, etag, read.Version.Next()))
                {
                    i++;
                }
            }
        })));

        var end = await tables[0].ReadAll();
        Assert.Equal((Writers * Each) + 1, end.Version.Version);
        Assert.Equal((Writers * Each) + 1, end.Members[0].Item1.SuspectTimes!.Distinct().Count());
    }

    [Fact]
    public async Task ReadAll_WhileOthersWrite_IsConsistentWithItsVersion()
    {
        // Each change adds one row, so a version that fits has as many.
        const int Rows = 40;
        var (writer, reader) = (await Create(), await Create());
        Assert.True(await reader.InsertRow(Entry(1), (await reader.ReadAll()).Version.Next()));
        var writing = Task.Run(async () =>
        {
            for (var i = 2; i <= Rows; i++)
            {
                Assert.True(await writer.InsertRow(Entry(i), (await writer.ReadAll()).Version.Next()));
            }
        });
        int version;
        do
        {
            var read = await reader.ReadAll();
            version = read.Version.Version;
            Assert.Equal(version, read.Members.Count);
        }
        while (version < Rows && !writing.IsFaulted);
        await writing;
    }

    [Fact]
    public async Task CleanupDefunctSiloEntries_Before_RemovesTheDeadWhoWereLastSeenThen()
    {
        var table = await Create();
        var (old, recent, alive) = (Entry(1, SiloStatus.Dead), Entry(2, SiloStatus.Dead), Entry(3));
        recent.IAmAliveTime = Start.AddHours(2);
        foreach (var entry in new[] { old, recent, alive })
        {
            await table.InsertRow(entry, (await table.ReadAll()).Version.Next());
        }

        await table.CleanupDefunctSiloEntries(new DateTimeOffset(Start.AddHours(1)));
        await AssertState(table, version: 3, recent, alive);
    }

    [Fact]
    public async Task DeleteMembershipTableEntries_Cluster_RemovesItsRowsAlone()
    {
        var (table, other) = (await Create(), await Create("other"));
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        await other.InsertRow(Entry(2), (await other.ReadAll()).Version.Next());
        await table.DeleteMembershipTableEntries("gateway");
        Assert.Empty((await table.ReadAll()).Members);
        await AssertState(other, version: 1, Entry(2));
    }

    [Fact]
    public async Task ReadAll_OtherClusterInTheSameFile_IsNotSeen()
    {
        var (table, other) = (await Create(), await Create("other"));
        await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next());
        Assert.Empty((await other.ReadAll()).Members);
        Assert.Equal(0, (await other.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task InitializeMembershipTable_RowsOfDeadProcesses_AreMarkedDead()
    {
        using var listener = LineServer.Start();
        var (listening, gone, alsoGone) = (Entry(1), Entry(2), Entry(3, SiloStatus.Joining));
        listening.SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, listener.Port), 1);
        var table = await Create();
        foreach (var entry in new[] { listening, gone, alsoGone })
        {
            await table.InsertRow(entry, (await table.ReadAll()).Version.Next());
        }

        await (await Create()).InitializeMembershipTable(true);
        var after = await table.ReadAll();
        Assert.Equal(SiloStatus.Active, after.TryGet(listening.SiloAddress)!.Item1.Status);
        Assert.Equal(SiloStatus.Dead, after.TryGet(gone.SiloAddress)!.Item1.Status);
        Assert.Equal(SiloStatus.Dead, after.TryGet(alsoGone.SiloAddress)!.Item1.Status);
        Assert.Equal(4, after.Version.Version);
    }

    [Fact]
    public async Task InitializeMembershipTable_RowOfADeadProcessAtAPortThatIsTakenAgain_IsMarkedDead()
    {
        // The next silo of the same node listens there before the others have read the table.
        using var listener = LineServer.Start();
        var port = new IPEndPoint(IPAddress.Loopback, listener.Port);
        var (former, living) = (Entry(1), Entry(2));
        (former.SiloAddress, living.SiloAddress) = (SiloAddress.New(port, 1), SiloAddress.New(port, 2));
        var tables = new[] { await Create(silo: former.SiloAddress), await Create(silo: living.SiloAddress) };
        foreach (var entry in new[] { former, living })
        {
            await tables[0].InsertRow(entry, (await tables[0].ReadAll()).Version.Next());
        }

        tables[0].Dispose();
        var after = await (await Create()).ReadAll();
        Assert.Equal(SiloStatus.Dead, after.TryGet(former.SiloAddress)!.Item1.Status);
        Assert.Equal(SiloStatus.Active, after.TryGet(living.SiloAddress)!.Item1.Status);

        // Of the dead nothing is left.
        Assert.Equal(2, Directory.EnumerateFiles(_directory, "*@*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public async Task ReadAll_WhileAnotherHasReadAndNotWritten_WaitsSoThatNeitherIsRefused()
    {
        var (one, other) = (await Create(turn: Long), await Create(turn: Long, time: new Standstill()));
        var read = await one.ReadAll();
        var waiting = other.ReadAll();
        Assert.False(waiting.IsCompleted);
        Assert.True(await one.InsertRow(Entry(1), read.Version.Next()));
        Assert.True(await other.InsertRow(Entry(2), (await waiting).Version.Next()));
        await AssertState(one, version: 2, Entry(1), Entry(2));
    }

    [Fact]
    public async Task ReadAll_ManyThatWriteAfterIt_AreNeverRefused()
    {
        const int Writers = 8;

        // However long it takes, nobody has waited too long.
        var time = new Standstill();
        var tables = await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Create(turn: Long, time: time)));
        var written = await Task.WhenAll(tables.Select((table, i) => Task.Run(async () => await table.InsertRow(Entry(i + 1), (await table.ReadAll()).Version.Next()))));
        Assert.All(written, Assert.True);
    }

    [Fact]
    public async Task ReadAll_WhileAProcessHoldsTheWriteLock_GoesOnWithoutATurn()
    {
        var table = await Create();
        using var frozen = await Sql.Open(Path.Combine(_directory, "membership.db"));
        await using var transaction = frozen.BeginWriting();
        Assert.Empty((await table.ReadAll().WaitAsync(TimeSpan.FromSeconds(5))).Members);
    }

    [Theory]
    [InlineData("SELECT 1", "the turn is its own")]
    [InlineData("UPDATE turn SET owner = 'other', ends = ends - 60000", "it is over")]
    [InlineData("UPDATE turn SET owner = 'other', ends = ends + 60000", "the clock was set back")]
    [InlineData("UPDATE turn SET owner = 'other'; CREATE TRIGGER full BEFORE INSERT ON turn BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END", "none can be written")]
    public async Task ReadAll_AfterATurnThatWasNotUsed_DoesNotWait(string change, string why)
    {
        // A time in which no wait ends.
        var table = await Create(turn: Long, time: new ManualTime());
        await table.ReadAll();
        await Change(change);
        Assert.True(table.ReadAll().IsCompletedSuccessfully, why);
        Assert.True(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()), why);
    }

    [Fact]
    public async Task ReadAll_OfASiloThatRuns_WaitsForNobodyUntilItStops()
    {
        var (running, starting) = (await Create(turn: Long, time: new ManualTime()), await Create(turn: Long));
        Assert.True(await running.InsertRow(Entry(1), (await running.ReadAll()).Version.Next()));
        await starting.ReadAll();
        Assert.True(running.ReadAll().IsCompletedSuccessfully);
        _lifetime.Stopping.Cancel();
        Assert.False(running.ReadAll().IsCompleted);
    }

    [Fact]
    public async Task ReadAll_WhoseTurnDoesNotCome_GoesOnWithoutAfterTwoSeconds()
    {
        var time = new ManualTime();
        var (one, other) = (await Create(turn: Long), await Create(turn: Long, time: time));
        await one.ReadAll();
        var waiting = other.ReadAll();
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty((await waiting.WaitAsync(TimeSpan.FromSeconds(30))).Members);
    }

    private async Task Change(string sql)
    {
        using var connection = await Sql.Open(Path.Combine(_directory, "membership.db"));
        await connection.Execute(null, sql);
    }

    private async Task<SqliteMembershipTable> Create(string cluster = "gateway", SiloAddress? silo = null, TimeSpan? turn = null, TimeProvider? time = null)
    {
        var options = new SqliteMembershipOptions { File = Path.Combine(_directory, "membership.db") };
        options.Turn = turn ?? options.Turn;
        var table = new SqliteMembershipTable(
            Options.Create(options),
            Options.Create(new ClusterOptions { ClusterId = cluster, ServiceId = cluster }),
            new Self(silo ?? SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), Interlocked.Increment(ref _generations))),
            _lifetime,
            time ?? TimeProvider.System,
            NullLogger<SqliteMembershipTable>.Instance);
        _tables.Add(table);
        await table.InitializeMembershipTable(true);
        return table;
    }

    /// <summary>A silo at a port where nothing listens.</summary>
    private static MembershipEntry Entry(int number, SiloStatus status = SiloStatus.Active) => new()
    {
        SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, number), 7),
        Status = status,
        SiloName = $"node-{number}",
        HostName = "host",
        ProxyPort = 30_000 + number,
        RoleName = "role",
        StartTime = Start,
        IAmAliveTime = Start,
        FaultZone = 3,
        UpdateZone = 4,
        SuspectTimes = [Tuple.Create(SiloAddress.New(new IPEndPoint(IPAddress.IPv6Loopback, 999), 1), Start)],
    };

    private static async Task<MembershipTableData> AssertState(SqliteMembershipTable table, int version, params MembershipEntry[] entries)
    {
        var read = await table.ReadAll();
        Assert.Equal(version, read.Version.Version);
        Assert.Equal(entries.Length, read.Members.Count);
        foreach (var entry in entries)
        {
            AssertSame(entry, read.TryGet(entry.SiloAddress)!.Item1);
        }

        return read;
    }

    /// <summary>A clock that stands still, with timers that do not.</summary>
    private sealed class Standstill : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationTokenSource Stopping { get; } = new();

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => Stopping.Token;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => Stopping.Cancel();
    }

    private sealed record Self(SiloAddress SiloAddress) : ILocalSiloDetails
    {
        public string Name => "node";

        public string ClusterId => "gateway";

        public string DnsHostName => "host";

        public SiloAddress GatewayAddress => SiloAddress;
    }

    private static void AssertSame(MembershipEntry expected, MembershipEntry actual)
    {
        Assert.Equal(expected.ToFullString(), actual.ToFullString());
        Assert.Equal((expected.StartTime, expected.IAmAliveTime, expected.RoleName), (actual.StartTime, actual.IAmAliveTime, actual.RoleName));
        Assert.Equal((expected.FaultZone, expected.UpdateZone), (actual.FaultZone, actual.UpdateZone));
        Assert.Equal(expected.SuspectTimes, actual.SuspectTimes);
    }
}
