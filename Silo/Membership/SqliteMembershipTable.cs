using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansGateway.Membership;

/// <summary>Where the membership table is.</summary>
public sealed class SqliteMembershipOptions
{
    /// <summary>The database file; its directory exists.</summary>
    public string File { get; set; } = string.Empty;
}

/// <summary>
/// The membership of one machine's nodes in a SQLite file: no primary, so any node may die and come back. It implements
/// Orleans' extended membership protocol: every change moves the version of the table, and rows are compared before they
/// are replaced.
/// </summary>
internal sealed partial class SqliteMembershipTable(
    IOptions<SqliteMembershipOptions> options,
    IOptions<ClusterOptions> cluster,
    ILogger<SqliteMembershipTable> logger) : IMembershipTable
{
    private const int BusyTimeoutSeconds = 10;

    private readonly string _cluster = cluster.Value.ClusterId;
    private readonly string _connection = new SqliteConnectionStringBuilder
    {
        DataSource = options.Value.File,
        DefaultTimeout = BusyTimeoutSeconds,
        Pooling = true,
    }.ToString();

    public async Task InitializeMembershipTable(bool tryInitTableVersion)
    {
        using var connection = await Open();
        await Execute(connection, null, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
        await Execute(connection, null, """
            CREATE TABLE IF NOT EXISTS version (cluster TEXT PRIMARY KEY, version INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS silo (cluster TEXT NOT NULL, address TEXT NOT NULL, etag INTEGER NOT NULL, entry TEXT NOT NULL,
                alive TEXT NOT NULL, PRIMARY KEY (cluster, address)) WITHOUT ROWID;
            """);
        await Execute(connection, null, "INSERT OR IGNORE INTO version VALUES ($cluster, 0)", ("$cluster", _cluster));
        await Sweep(connection);
    }

    public async Task DeleteMembershipTableEntries(string clusterId)
    {
        using var connection = await Open();
        await Execute(connection, null, "DELETE FROM silo WHERE cluster = $cluster; DELETE FROM version WHERE cluster = $cluster", ("$cluster", clusterId));
    }

    public async Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate)
    {
        using var connection = await Open();
        await using var transaction = Begin(connection);
        foreach (var (entry, _) in (await Read(connection, transaction, null)).Members)
        {
            if (entry.Status == SiloStatus.Dead && entry.IAmAliveTime < beforeDate.UtcDateTime)
            {
                await Execute(connection, transaction, "DELETE FROM silo WHERE cluster = $cluster AND address = $address", Key(entry.SiloAddress));
            }
        }

        await transaction.CommitAsync();
    }

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadTable(key);

    public Task<MembershipTableData> ReadAll() => ReadTable(null);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => Change(entry, null, tableVersion);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => Change(entry, etag, tableVersion);

    public async Task UpdateIAmAlive(MembershipEntry entry)
    {
        using var connection = await Open();
        await Execute(
            connection, null, "UPDATE silo SET alive = $alive WHERE cluster = $cluster AND address = $address",
            [.. Key(entry.SiloAddress), ("$alive", entry.IAmAliveTime.ToString("O"))]);
    }

    private async Task<bool> Change(MembershipEntry entry, string? etag, TableVersion version)
    {
        using var connection = await Open();
        await using var transaction = Begin(connection);
        var moved = await Execute(
            connection, transaction, "UPDATE version SET version = $next WHERE cluster = $cluster AND version = $old",
            ("$cluster", _cluster), ("$next", version.Version), ("$old", long.Parse(version.VersionEtag)));
        if (moved == 0)
        {
            return false;
        }

        (string, object)[] values = [.. Key(entry.SiloAddress), ("$entry", Stored.From(entry)), ("$alive", entry.IAmAliveTime.ToString("O"))];
        var written = etag is null
            ? await Execute(connection, transaction, "INSERT OR IGNORE INTO silo VALUES ($cluster, $address, 0, $entry, $alive)", values)
            : await Execute(
                connection, transaction,
                "UPDATE silo SET etag = etag + 1, entry = $entry, alive = $alive WHERE cluster = $cluster AND address = $address AND etag = $etag",
                [.. values, ("$etag", long.Parse(etag))]);
        if (written == 0)
        {
            return false;
        }

        await transaction.CommitAsync();
        return true;
    }

    /// <summary>
    /// Marks nodes of this machine dead whose ports refuse, so that a start onto the table of a cluster that died as a whole
    /// waits for nobody.
    /// </summary>
    private async Task Sweep(SqliteConnection connection)
    {
        while (true)
        {
            var table = await Read(connection, null, null);
            var gone = table.Members.FirstOrDefault(x => x.Item1.Status != SiloStatus.Dead && Refuses(x.Item1.SiloAddress.Endpoint));
            if (gone is null)
            {
                return;
            }

            LogSwept(gone.Item1.SiloName, gone.Item1.SiloAddress);
            gone.Item1.Status = SiloStatus.Dead;
            await UpdateRow(gone.Item1, gone.Item2, table.Version.Next());
        }
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

    private async Task<MembershipTableData> ReadTable(SiloAddress? key)
    {
        using var connection = await Open();
        await using var transaction = connection.BeginTransaction(deferred: true);
        return await Read(connection, transaction, key);
    }

    private async Task<MembershipTableData> Read(SqliteConnection connection, SqliteTransaction? transaction, SiloAddress? key)
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
                rows.Add(Tuple.Create(Stored.Read(reader.GetString(1), reader.GetString(2)), reader.GetInt64(0).ToString()));
            }
        }

        using var version = connection.CreateCommand();
        version.Transaction = transaction;
        version.CommandText = "SELECT version FROM version WHERE cluster = $cluster";
        version.Parameters.AddWithValue("$cluster", _cluster);
        var number = (long)(await version.ExecuteScalarAsync() ?? 0L);
        return new MembershipTableData(rows, new TableVersion((int)number, number.ToString()));
    }

    private (string, object)[] Key(SiloAddress address) => [("$cluster", _cluster), ("$address", address.ToParsableString())];

    private async Task<SqliteConnection> Open()
    {
        var connection = new SqliteConnection(_connection);
        await connection.OpenAsync();
        return connection;
    }

    // Takes the write lock at once: a transaction that begins as a reader and then writes can fail without waiting.
    private static SqliteTransaction Begin(SqliteConnection connection) => connection.BeginTransaction(deferred: false);

#pragma warning disable CA2100 // The texts are this file's own.
    private static async Task<int> Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql, params (string Name, object Value)[] values)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return await command.ExecuteNonQueryAsync();
    }
#pragma warning restore CA2100

    [LoggerMessage(1, LogLevel.Information, "{Name} ({Silo}) left a row in the membership table, but nothing listens there: it is dead")]
    private partial void LogSwept(string name, SiloAddress silo);

    /// <summary>A membership entry as it is stored.</summary>
    private sealed record Stored(
        string Address, string Status, string Name, string Host, int ProxyPort, string? Role, DateTime Start, int FaultZone, int UpdateZone, Suspicion[] Suspects)
    {
        public static string From(MembershipEntry entry) => JsonSerializer.Serialize(new Stored(
            entry.SiloAddress.ToParsableString(), entry.Status.ToString(), entry.SiloName, entry.HostName, entry.ProxyPort, entry.RoleName,
            entry.StartTime, entry.FaultZone, entry.UpdateZone,
            [.. (entry.SuspectTimes ?? []).Select(x => new Suspicion(x.Item1.ToParsableString(), x.Item2))]));

        public static MembershipEntry Read(string json, string alive)
        {
            var stored = JsonSerializer.Deserialize<Stored>(json) ?? throw new InvalidDataException("A row of the membership table is empty.");
            return new MembershipEntry
            {
                SiloAddress = SiloAddress.FromParsableString(stored.Address),
                Status = Enum.Parse<SiloStatus>(stored.Status),
                SiloName = stored.Name,
                HostName = stored.Host,
                ProxyPort = stored.ProxyPort,
                RoleName = stored.Role,
                StartTime = stored.Start,
                FaultZone = stored.FaultZone,
                UpdateZone = stored.UpdateZone,
                SuspectTimes = [.. stored.Suspects.Select(x => Tuple.Create(SiloAddress.FromParsableString(x.By), x.At))],
                IAmAliveTime = DateTime.Parse(alive, null, System.Globalization.DateTimeStyles.RoundtripKind),
            };
        }
    }

    private sealed record Suspicion(string By, DateTime At);
}
