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

        // So long SQLite looks again after milliseconds; after that the driver does, each 150 ms.
        await Execute(connection, null, "PRAGMA busy_timeout = 200");
        return connection;
    }

    /// <summary>Begins a transaction with the write lock: one that begins as a reader and then writes can fail without waiting.</summary>
    public static SqliteTransaction BeginWriting(this SqliteConnection connection) => connection.BeginTransaction(deferred: false);

#pragma warning disable CA2100 // The texts are those of the callers, who give values as parameters.
    /// <summary>Executes a statement, and waits for a lock for 10 s at most.</summary>
    /// <returns>How many rows it changed.</returns>
    public static Task<int> Execute(this SqliteConnection connection, SqliteTransaction? transaction, string sql, params (string Name, object Value)[] values) =>
        Execute(connection, transaction, BusyTimeoutSeconds, sql, values);

    /// <summary>Executes a statement that can also be left out, and waits for a lock for a second at most.</summary>
    /// <returns>How many rows it changed; null when it could not be executed: on a full disk, say.</returns>
    public static async Task<int?> TryExecute(this SqliteConnection connection, string sql, params (string Name, object Value)[] values)
    {
        try
        {
            return await Execute(connection, null, 1, sql, values);
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private static async Task<int> Execute(SqliteConnection connection, SqliteTransaction? transaction, int seconds, string sql, (string Name, object Value)[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandTimeout = seconds;
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
