using SQLitePCL;

namespace OrleansGateway.Storage.Sqlite;

/// <summary>
/// A connection to a SQLite file, used by one thread at a time. It speaks to SQLite's C API directly: blobs are bound and
/// read as spans, without the copies and boxes of ADO.NET.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int BusyTimeoutMs = 1000;

    private readonly sqlite3 _handle;
    private readonly List<Statement> _statements = [];

    static Database() => Batteries_V2.Init();

    /// <summary>Opens a file.</summary>
    /// <param name="file">The path.</param>
    /// <param name="create">Whether to make it where it is missing.</param>
    /// <exception cref="SqliteError">It cannot be opened.</exception>
    public Database(string file, bool create = false)
    {
        File = file;
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        var result = raw.sqlite3_open_v2(file, out _handle, flags, null);
        if (result != raw.SQLITE_OK)
        {
            _handle.Dispose();
            throw new SqliteError(result, file, "it cannot be opened");
        }

        _ = raw.sqlite3_extended_result_codes(_handle, 1);
        _ = raw.sqlite3_busy_timeout(_handle, BusyTimeoutMs);
    }

    /// <summary>Its path.</summary>
    public string File { get; }

    internal sqlite3 Handle => _handle;

    /// <summary>Prepares a statement that is used again and again.</summary>
    public Statement Prepare(string sql)
    {
        var statement = new Statement(this, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Runs SQL that has no parameters.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>Runs SQL and gives the first column of the first row.</summary>
    public long Scalar(string sql)
    {
        using var statement = new Statement(this, sql);
        return statement.Step() ? statement.Long(0) : 0;
    }

    public void Dispose()
    {
        _statements.ForEach(x => x.Dispose());
        _handle.Dispose();
    }

    internal void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new SqliteError(result, File, raw.sqlite3_errmsg(_handle).utf8_to_string());
        }
    }
}

/// <summary>What SQLite could not do.</summary>
internal sealed class SqliteError(int code, string file, string message)
    : Exception($"{message} (SQLite error {code}, file {file})")
{
    // SQLITE_IOERR_SHMSIZE: the file that its connections share could not grow.
    private const int NoRoomToShare = 10 | (19 << 8);

    private int Primary => code & 0xff;

    /// <summary>The disk, or the process's quota, has no room.</summary>
    public bool IsFull => Primary == raw.SQLITE_FULL || code == NoRoomToShare;

    /// <summary>The file is not what SQLite wrote.</summary>
    public bool IsDamage => Primary is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;
}
