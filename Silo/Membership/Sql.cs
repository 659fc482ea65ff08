using Microsoft.Data.Sqlite;

namespace OrleansGateway.Membership;

/// <summary>What the tables of the membership do with SQLite.</summary>
internal static class Sql
{
    private const int BusyTimeoutSeconds = 10;

    /// <summary>Opens a file, and makes it where there is none.</summary>
    public static async Task<SqliteConnection> Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = BusyTimeoutSeconds, Pooling = true }.ToString());
        await connection.OpenAsync();

        // SQLite looks again after milliseconds, the driver by itself each 150 ms.
        await Execute(connection, null, $"PRAGMA busy_timeout = {1000 * BusyTimeoutSeconds}");
        return connection;
    }

    /// <summary>Begins a transaction with the write lock: one that begins as a reader and then writes can fail without waiting.</summary>
    public static SqliteTransaction BeginWriting(this SqliteConnection connection) => connection.BeginTransaction(deferred: false);

#pragma warning disable CA2100 // The texts are those of the callers, who give values as parameters.
    /// <summary>Executes a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public static async Task<int> Execute(this SqliteConnection connection, SqliteTransaction? transaction, string sql, params (string Name, object Value)[] values)
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
}
