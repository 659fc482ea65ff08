using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansGateway.Membership;

/// <summary>Where the membership table is.</summary>
public sealed class SqliteMembershipOptions
{
    /// <summary>The database file; its directory exists.</summary>
    public string File { get; set; } = string.Empty;

    /// <summary>How long a silo that starts or stops may take from reading to writing until others read. One that starts compiles its code between.</summary>
    public TimeSpan Turn { get; set; } = TimeSpan.FromMilliseconds(300);
}

/// <summary>
/// The membership of one machine's nodes in a SQLite file: no primary, so any node may die and come back. It implements
/// Orleans' extended membership protocol: every change moves the version of the table, and rows are compared before they
/// are replaced.
/// </summary>
internal sealed partial class SqliteMembershipTable(
    IOptions<SqliteMembershipOptions> options,
    IOptions<ClusterOptions> cluster,
    ILocalSiloDetails self,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<SqliteMembershipTable> logger) : IMembershipTable, IDisposable
{
    private readonly string _cluster = cluster.Value.ClusterId;
    private readonly MembershipTurns _turns = new(cluster.Value.ClusterId, options.Value.Turn, time);
    private readonly SiloLives _lives = new($"{options.Value.File}-silos");
    private IDisposable? _life;
    private volatile bool _isStarting = true;

    public async Task InitializeMembershipTable(bool tryInitTableVersion)
    {
        using var connection = await Open();
        await connection.Execute(null, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
        await connection.Execute(null, """
            CREATE TABLE IF NOT EXISTS version (cluster TEXT PRIMARY KEY, version INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS silo (cluster TEXT NOT NULL, address TEXT NOT NULL, etag INTEGER NOT NULL, entry TEXT NOT NULL,
                alive TEXT NOT NULL, PRIMARY KEY (cluster, address)) WITHOUT ROWID;
            """);
        await MembershipTurns.Create(connection);
        await connection.Execute(null, "INSERT OR IGNORE INTO version VALUES ($cluster, 0)", ("$cluster", _cluster));
        await Enter(connection);
    }

    public async Task DeleteMembershipTableEntries(string clusterId)
    {
        using var connection = await Open();
        await connection.Execute(null, "DELETE FROM silo WHERE cluster = $cluster; DELETE FROM version WHERE cluster = $cluster", ("$cluster", clusterId));
    }

    public async Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate)
    {
        using var connection = await Open();
        await using var transaction = connection.BeginWriting();
        foreach (var (entry, _) in (await Read(connection, transaction, null)).Members)
        {
            if (entry.Status == SiloStatus.Dead && entry.IAmAliveTime < beforeDate.UtcDateTime)
            {
                await connection.Execute(transaction, "DELETE FROM silo WHERE cluster = $cluster AND address = $address", Key(entry.SiloAddress));
            }
        }

        await transaction.CommitAsync();
    }

    public async Task<MembershipTableData> ReadRow(SiloAddress key)
    {
        using var connection = await Open();
        return await Read(connection, key);
    }

    public async Task<MembershipTableData> ReadAll()
    {
        using var connection = await Open();
        if (_isStarting || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await _turns.Begin(connection);
        }

        return await Read(connection, null);
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Change(entry, null, tableVersion);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Change(entry, etag, tableVersion);

    public async Task UpdateIAmAlive(MembershipEntry entry)
    {
        using var connection = await Open();
        await connection.Execute(
            null, "UPDATE silo SET alive = $alive WHERE cluster = $cluster AND address = $address",
            [.. Key(entry.SiloAddress), ("$alive", StoredEntry.Time(entry.IAmAliveTime))]);
    }

    public void Dispose() => _life?.Dispose();

    private async Task<bool> Change(MembershipEntry entry, string? etag, TableVersion version)
    {
        using var connection = await Open();
        try
        {
            await using var transaction = connection.BeginWriting();
            if (!await MoveVersion(connection, transaction, version) || !await Write(connection, transaction, entry, etag))
            {
                LogRefused(entry.SiloName, entry.Status);
                return false;
            }

            await transaction.CommitAsync();
            _isStarting &= entry.Status != SiloStatus.Active;
            return true;
        }
        finally
        {
            await _turns.End(connection);
        }
    }

    private async Task<bool> MoveVersion(SqliteConnection connection, SqliteTransaction transaction, TableVersion version) => await connection.Execute(
        transaction, "UPDATE version SET version = $next WHERE cluster = $cluster AND version = $old",
        ("$cluster", _cluster), ("$next", version.Version), ("$old", long.Parse(version.VersionEtag, CultureInfo.InvariantCulture))) > 0;

    private async Task<bool> Write(SqliteConnection connection, SqliteTransaction transaction, MembershipEntry entry, string? etag)
    {
        (string, object)[] values = [.. Key(entry.SiloAddress), ("$entry", StoredEntry.Write(entry)), ("$alive", StoredEntry.Time(entry.IAmAliveTime))];
        var written = etag is null
            ? await connection.Execute(transaction, "INSERT OR IGNORE INTO silo VALUES ($cluster, $address, 0, $entry, $alive)", values)
            : await connection.Execute(
                transaction, "UPDATE silo SET etag = etag + 1, entry = $entry, alive = $alive WHERE cluster = $cluster AND address = $address AND etag = $etag",
                [.. values, ("$etag", long.Parse(etag, CultureInfo.InvariantCulture))]);
        return written > 0;
    }

    /// <summary>
    /// Begins the life of this silo, and marks those dead whose process has ended, or whose port refuses, so that a start onto the table of a cluster that
    /// died as a whole waits for nobody.
    /// </summary>
    private async Task Enter(SqliteConnection connection)
    {
        await using var transaction = connection.BeginWriting();
        _life ??= _lives.Begin(self.SiloAddress);
        var table = await Read(connection, transaction, null);
        var gone = table.Members
            .Where(x => x.Item1.Status != SiloStatus.Dead && (_lives.HasEnded(x.Item1.SiloAddress) || Refuses(x.Item1.SiloAddress.Endpoint)))
            .ToArray();
        if (gone.Length > 0)
        {
            await MoveVersion(connection, transaction, table.Version.Next());
        }

        foreach (var (entry, etag) in gone)
        {
            LogSwept(entry.SiloName, entry.SiloAddress);
            entry.Status = SiloStatus.Dead;
            await Write(connection, transaction, entry, etag);
        }

        _lives.Clear();
        await transaction.CommitAsync();
    }

    private static bool Refuses(IPEndPoint endpoint)
    {
        // A connection to a port of this machine is refused at once or accepted at once.
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            return !socket.ConnectAsync(endpoint).Wait(TimeSpan.FromMilliseconds(200)) && false;
        }
        catch (AggregateException exception)
        {
            return exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
        }
    }

    private async Task<MembershipTableData> Read(SqliteConnection connection, SiloAddress? key)
    {
        await using var transaction = connection.BeginTransaction(deferred: true);
        return await Read(connection, transaction, key);
    }

    private async Task<MembershipTableData> Read(SqliteConnection connection, SqliteTransaction transaction, SiloAddress? key)
    {
        var rows = new List<Tuple<MembershipEntry, string>>();
        using (var command = connection.CreateCommand())
        {
            command.Transaction = transaction;
            command.CommandText = "SELECT etag, entry, alive FROM silo WHERE cluster = $cluster AND ($address IS NULL OR address = $address)";
            command.Parameters.AddWithValue("$cluster", _cluster);
            command.Parameters.AddWithValue("$address", (object?)key?.ToParsableString() ?? DBNull.Value);
            using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                rows.Add(Tuple.Create(StoredEntry.Read(reader.GetString(1), reader.GetString(2)), reader.GetInt64(0).ToString(CultureInfo.InvariantCulture)));
            }
        }

        using var version = connection.CreateCommand();
        version.Transaction = transaction;
        version.CommandText = "SELECT version FROM version WHERE cluster = $cluster";
        version.Parameters.AddWithValue("$cluster", _cluster);
        var number = (long)(await version.ExecuteScalarAsync() ?? 0L);
        return new MembershipTableData(rows, new TableVersion((int)number, number.ToString(CultureInfo.InvariantCulture)));
    }

    private (string, object)[] Key(SiloAddress address) => [("$cluster", _cluster), ("$address", address.ToParsableString())];

    private Task<SqliteConnection> Open() => Sql.Open(options.Value.File);

    [LoggerMessage(1, LogLevel.Information, "{Name} ({Silo}) left a row in the membership table, but its process has ended: it is dead")]
    private partial void LogSwept(string name, SiloAddress silo);

    [LoggerMessage(2, LogLevel.Information, "That {Name} is {Status} was not written, as another node changed the membership table first: it is tried again in a few seconds")]
    private partial void LogRefused(string name, SiloStatus status);
}
