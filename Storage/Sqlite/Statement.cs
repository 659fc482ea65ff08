using SQLitePCL;

namespace OrleansGateway.Storage.Sqlite;

/// <summary>A prepared statement. Parameters and columns go by number: parameters from 1, columns from 0.</summary>
internal sealed class Statement : IDisposable
{
    private readonly Database _database;
    private readonly sqlite3_stmt _handle;

    public Statement(Database database, string sql)
    {
        _database = database;
        database.Check(raw.sqlite3_prepare_v2(database.Handle, sql, out _handle));
    }

    public Statement Bind(int index, long value)
    {
        _database.Check(raw.sqlite3_bind_int64(_handle, index, value));
        return this;
    }

    public Statement Bind(int index, string value)
    {
        _database.Check(raw.sqlite3_bind_text(_handle, index, value));
        return this;
    }

    /// <summary>Binds bytes; none are NULL.</summary>
    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        _database.Check(value.IsEmpty ? raw.sqlite3_bind_null(_handle, index) : raw.sqlite3_bind_blob(_handle, index, value));
        return this;
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>Whether there is one; after the last the statement can be bound anew.</returns>
    public bool Step()
    {
        var result = raw.sqlite3_step(_handle);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        Reset();
        _database.Check(result);
        return false;
    }

    /// <summary>Runs a statement that yields no rows.</summary>
    public void Run() => Step();

    /// <summary>Gives up the rest of the rows.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_handle);

    public long Long(int column) => raw.sqlite3_column_int64(_handle, column);

    public string Text(int column) => raw.sqlite3_column_text(_handle, column).utf8_to_string();

    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    /// <summary>A column's bytes, until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_handle, column);

    public void Dispose() => _handle.Dispose();
}
