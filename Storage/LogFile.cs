using System.Collections.Concurrent;
using System.Globalization;
using OrleansGateway.Logs;
using OrleansGateway.Storage.Sqlite;
using SQLitePCL;

namespace OrleansGateway.Storage;

/// <summary>
/// One file of the store: what the node that holds it appended, to all of its channels. Only the holder writes to it; all
/// nodes read it. This is its schema, and the reading.
/// </summary>
/// <remarks>
/// <c>claim</c>: who owned a channel, by term. <c>cut</c> is where its messages begin, 0 until it knows; <c>prev</c> the term
/// whose messages come before, 0 for none; <c>gone</c> the newest offset whose message was dropped; <c>source</c> the
/// highest term of a source; <c>gone_id</c> the highest <c>batch.id</c> that retention dropped. <c>batch</c>: the messages, by the
/// order of their commits: ids only rise. The index holds all that retention has to know. <c>top</c>: the highest id that was ever given and dropped.
/// </remarks>
internal sealed class LogFile(string path, int number) : IDisposable
{
    /// <summary>The version of the schema; a program does not touch a file of a later one.</summary>
    public const int Version = 2;

    private const string Schema = """
        CREATE TABLE channel (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE claim (channel INTEGER NOT NULL, term INTEGER NOT NULL, epoch TEXT NOT NULL, cut INTEGER NOT NULL,
            prev INTEGER NOT NULL, gone INTEGER NOT NULL, source INTEGER NOT NULL, gone_id INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (channel, term)) WITHOUT ROWID;
        CREATE INDEX claim_gone ON claim (gone_id) WHERE gone_id > 0;
        CREATE TABLE top (id INTEGER NOT NULL);
        INSERT INTO top VALUES (0);
        CREATE TABLE batch (id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, term INTEGER NOT NULL, first INTEGER NOT NULL,
            count INTEGER NOT NULL, time INTEGER NOT NULL, size INTEGER NOT NULL, keys INTEGER NOT NULL, meta BLOB, data BLOB);
        CREATE UNIQUE INDEX batch_place ON batch (channel, term, first, count, time, size);
        CREATE INDEX batch_keys ON batch (channel, term, first) WHERE keys > 0;
        """;

    // What version 1 did not have.
    private const string FromVersion1 = """
        ALTER TABLE claim ADD COLUMN gone_id INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX claim_gone ON claim (gone_id) WHERE gone_id > 0;
        CREATE TABLE top (id INTEGER NOT NULL);
        INSERT INTO top VALUES (0);
        """;

    /// <summary>Asks for the highest id that was ever given to a batch.</summary>
    public const string EndSql = "SELECT max((SELECT coalesce(max(id), 0) FROM batch), (SELECT id FROM top))";

    private readonly ConcurrentBag<Reader> _readers = [];
    private bool _disposed;

    /// <summary>Its number, which is the low part of its terms.</summary>
    public int Number => number;

    /// <summary>Its path.</summary>
    public string Path => path;

    /// <summary>Makes a connection for the holder, and the schema where the file is new.</summary>
    /// <param name="path">The file.</param>
    /// <param name="waitForDisk">Whether a commit waits for the disk: where nobody can tell whether the machine stopped meanwhile.</param>
    /// <exception cref="LogException">The file is of a later version.</exception>
    /// <exception cref="SqliteError">It is damaged, or cannot be opened.</exception>
    public static Database OpenForWriting(string path, bool waitForDisk)
    {
        if (!File.Exists(path))
        {
            Make(path);
        }

        var database = new Database(path);
        try
        {
            // NORMAL waits for no disk: what the death of a process cannot lose is what was promised (docs/decisions/0003-channel-log.md).
            database.Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous={(waitForDisk ? "FULL" : "NORMAL")}; PRAGMA cache_size=-8000; PRAGMA wal_autocheckpoint=16000;");
            if (database.Scalar("PRAGMA user_version") == 1)
            {
                database.Execute(string.Create(CultureInfo.InvariantCulture, $"BEGIN IMMEDIATE; {FromVersion1} PRAGMA user_version={Version}; COMMIT;"));
            }

            CheckVersion(database);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    // Others find it whole or not at all, whenever the maker dies or is frozen.
    private static void Make(string path)
    {
        var made = System.IO.Path.ChangeExtension(path, "new");
        foreach (var old in (string[])[made, made + "-wal", made + "-shm", path + "-wal", path + "-shm"])
        {
            File.Delete(old);
        }

        using (var database = new Database(made, create: true))
        {
            database.Execute(string.Create(
                CultureInfo.InvariantCulture, $"PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; {Schema} PRAGMA user_version={Version}; COMMIT;"));
        }

        File.Move(made, path);
    }

    private static void CheckVersion(Database database)
    {
        switch (database.Scalar("PRAGMA user_version"))
        {
            case Version:
                return;
            case 0:
                throw new SqliteError(raw.SQLITE_CORRUPT, database.File, "it has no content");
            case var version:
                throw new LogException(
                    LogFault.Unavailable,
                    $"The store's file {database.File} is of version {version}, and this program knows version {Version}. Use the newer program, or another --state: programs of different versions cannot share a store.");
        }
    }

    /// <summary>Reads with one of the file's connections, as the file stands at one moment.</summary>
    public T Read<T>(Func<Reader, T> read)
    {
        if (!_readers.TryTake(out var reader))
        {
            reader = new Reader(path);
        }

        try
        {
            return reader.InTransaction(read);
        }
        catch
        {
            reader.Dispose();
            reader = null;
            throw;
        }
        finally
        {
            if (reader is not null)
            {
                _readers.Add(reader);
                if (_disposed)
                {
                    Dispose();
                }
            }
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    /// <summary>What a claim says.</summary>
    public sealed record Claim(long Term, string Epoch, long Cut, long Prev, long Gone, long Source);

    /// <summary>A batch without its messages.</summary>
    public readonly record struct Place(long First, int Count, long TimeMs, long Size)
    {
        public long Last => First + Count - 1;
    }

    /// <summary>A connection that reads.</summary>
    public sealed class Reader : IDisposable
    {
        private readonly Database _database;
        private readonly Statement _begin;
        private readonly Statement _commit;
        private readonly Statement _id;
        private readonly Statement _claims;
        private readonly Statement _newestTerm;
        private readonly Statement _newest;
        private readonly Statement _sum;
        private readonly Statement _from;
        private readonly Statement _batches;
        private readonly Statement _places;
        private readonly Statement _origins;
        private readonly Statement _keys;
        private readonly Statement _pages;
        private readonly Statement _oldest;
        private readonly Dictionary<string, Statement> _others = [];

        public Reader(string path)
        {
            _database = new Database(path);
            try
            {
                _database.Execute("PRAGMA cache_size=-2000; PRAGMA mmap_size=268435456;");
                CheckVersion(_database);
            }
            catch
            {
                _database.Dispose();
                throw;
            }

            _begin = _database.Prepare("BEGIN");
            _commit = _database.Prepare("COMMIT");
            _id = _database.Prepare("SELECT id FROM channel WHERE name = ?");
            _claims = _database.Prepare("SELECT term, epoch, cut, prev, gone, source FROM claim WHERE channel = ? ORDER BY term DESC");
            _newestTerm = _database.Prepare("SELECT max(term) FROM claim WHERE channel = (SELECT id FROM channel WHERE name = ?)");
            _newest = _database.Prepare(
                "SELECT first, count, time, size FROM batch WHERE channel = ? AND term = ? AND first <= ? ORDER BY first DESC LIMIT 1");
            _sum = _database.Prepare("SELECT min(first), sum(size) FROM batch WHERE channel = ? AND term = ? AND first >= ? AND first <= ? AND size > 0 AND time >= ?");
            _from = _database.Prepare(
                "SELECT first, count FROM batch WHERE channel = ? AND term = ? AND first <= ? AND size > 0 ORDER BY first DESC LIMIT 1");
            _batches = _database.Prepare(
                "SELECT first, count, time, data FROM batch WHERE channel = ? AND term = ? AND first >= ? AND first <= ? AND size > 0 ORDER BY first");
            _places = _database.Prepare(
                "SELECT first, count, time, size FROM batch WHERE channel = ? AND term = ? AND first >= ? AND first <= ? AND size > 0 ORDER BY first");
            _origins = _database.Prepare(
                "SELECT first, count, time, meta FROM batch WHERE channel = ? AND term = ? AND first <= ? ORDER BY first DESC");
            _keys = _database.Prepare(
                "SELECT first, count, time, meta FROM batch WHERE channel = ? AND term = ? AND first <= ? AND keys > 0 ORDER BY first DESC");
            _pages = _database.Prepare(
                "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
            _oldest = _database.Prepare("SELECT time FROM batch ORDER BY id LIMIT 1");
        }

        /// <summary>A statement that is prepared when it is first asked for.</summary>
        public Statement Prepared(string sql)
        {
            if (!_others.TryGetValue(sql, out var statement))
            {
                _others[sql] = statement = _database.Prepare(sql);
            }

            return statement;
        }

        public T InTransaction<T>(Func<Reader, T> read)
        {
            _begin.Run();
            try
            {
                return read(this);
            }
            finally
            {
                _commit.Run();
            }
        }

        /// <summary>The channel's number in this file, or null where it has none.</summary>
        public long? IdOf(string channel) => _id.Bind(1, channel).Step() ? Done(_id, _id.Long(0)) : null;

        /// <summary>The highest term of a channel in this file, 0 for none.</summary>
        public long NewestTerm(string channel) => _newestTerm.Bind(1, channel).Step() ? Done(_newestTerm, _newestTerm.Long(0)) : 0;

        /// <summary>The claims of a channel, the newest first.</summary>
        public List<Claim> Claims(long channel)
        {
            var claims = new List<Claim>();
            for (_claims.Bind(1, channel); _claims.Step();)
            {
                claims.Add(new Claim(_claims.Long(0), _claims.Text(1), _claims.Long(2), _claims.Long(3), _claims.Long(4), _claims.Long(5)));
            }

            return claims;
        }

        /// <summary>The newest batch of a term that begins at or before an offset.</summary>
        public Place? Newest(long channel, long term, long atMost) => _newest.Bind(1, channel).Bind(2, term).Bind(3, atMost).Step()
            ? Done(_newest, new Place(_newest.Long(0), (int)_newest.Long(1), _newest.Long(2), _newest.Long(3)))
            : null;

        /// <summary>The first offset that is kept of a term's messages that begin between two offsets and are not older than a time, and their bytes.</summary>
        public (long First, long Bytes)? Kept(long channel, long term, long from, long atMost, long fromMs = 0) =>
            _sum.Bind(1, channel).Bind(2, term).Bind(3, from).Bind(4, atMost).Bind(5, fromMs).Step()
                ? Done(_sum, _sum.IsNull(0) ? ((long, long)?)null : (_sum.Long(0), _sum.Long(1)))
                : null;

        /// <summary>Batches of a term, from the one that holds an offset, or else the next one, to those that begin at or before another.</summary>
        /// <remarks>What takes them gets the first offset, the count, the time and the packed messages, and says whether to go on.</remarks>
        public void Batches(long channel, long term, long from, long atMost, Func<long, int, long, byte[], bool> take)
        {
            var first = from;
            if (_from.Bind(1, channel).Bind(2, term).Bind(3, from).Step())
            {
                var (start, count) = Done(_from, (_from.Long(0), _from.Long(1)));
                first = start + count > from ? start : from;
            }

            for (_batches.Bind(1, channel).Bind(2, term).Bind(3, first).Bind(4, atMost); _batches.Step();)
            {
                if (!take(_batches.Long(0), (int)_batches.Long(1), _batches.Long(2), _batches.Blob(3).ToArray()))
                {
                    _batches.Reset();
                    return;
                }
            }
        }

        /// <summary>The same without the messages.</summary>
        public void Places(long channel, long term, long from, long atMost, Func<Place, bool> take)
        {
            for (_places.Bind(1, channel).Bind(2, term).Bind(3, from).Bind(4, atMost); _places.Step();)
            {
                if (!take(new Place(_places.Long(0), (int)_places.Long(1), _places.Long(2), _places.Long(3))))
                {
                    _places.Reset();
                    return;
                }
            }
        }

        /// <summary>Entries with an origin that are not older than a time, the newest first.</summary>
        public List<LoggedPublish> Origins(long channel, long term, long atMost, long fromMs) =>
            Logged(_origins.Bind(1, channel).Bind(2, term).Bind(3, atMost), fromMs, int.MaxValue);

        /// <summary>Entries with keys that are not older than a time, the newest first, at most so many.</summary>
        public List<LoggedPublish> Keys(long channel, long term, long atMost, long fromMs, int max) =>
            Logged(_keys.Bind(1, channel).Bind(2, term).Bind(3, atMost), fromMs, max);

        /// <summary>How much of the file is used, and the time of its oldest entry, in ms since 1970.</summary>
        public (long Bytes, long? OldestMs) Use()
        {
            _pages.Step();
            return (Done(_pages, _pages.Long(0)), _oldest.Step() ? Done(_oldest, _oldest.Long(0)) : null);
        }

        public void Dispose() => _database.Dispose();

        private static List<LoggedPublish> Logged(Statement rows, long fromMs, int max)
        {
            var entries = new List<LoggedPublish>();
            while (rows.Step())
            {
                var (first, time) = (rows.Long(0), rows.Long(2));
                if (time < fromMs || entries.Count >= max)
                {
                    rows.Reset();
                    break;
                }

                if (rows.Blob(3) is { IsEmpty: false } meta)
                {
                    var (origin, keys) = EntryMeta.Decode(meta, first);
                    entries.Add(new LoggedPublish(first, (int)rows.Long(1), time, origin, keys));
                }
            }

            return entries;
        }

        private static T Done<T>(Statement statement, T value)
        {
            statement.Reset();
            return value;
        }
    }
}
