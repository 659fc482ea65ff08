using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.Logging;
using OrleansGateway.Logs;
using OrleansGateway.Metrics;
using OrleansGateway.Storage.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>
/// Writes a node's file. While one transaction is committed, what comes is collected for the next, over all channels (group commit):
/// that one is written by a thread for it. What comes while nobody writes is committed at once by whoever brings it, where that
/// waits for no disk: a thread that must be woken and wakes another costs more than the commit.
/// </summary>
internal sealed partial class LogWriter : IDisposable
{
    private const int MaxWritesACommit = 1024;
    private const long MaxBytesACommit = 8 * 1024 * 1024;

    // After about so many pages of the write-ahead log the thread copies them into the file, which waits for the disk (SQLite's own
    // PRAGMA wal_autocheckpoint would do that within whosever commit it is). A commit touches a few pages besides its bytes.
    private const int PagesBetweenCheckpoints = 4000;
    private const int PagesACommit = 3;
    private const int PageBytes = 4096;

    private readonly Database _database;
    private readonly ILogger _logger;
    private readonly object _gate = new();
    private readonly Queue<LogWrite> _queue = [];
    private readonly List<LogWrite> _writes = [];
    private readonly Thread _thread;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly bool _waitsForDisk;
    private readonly Lock _lock = new();
    private Writing _writing;
    private bool _disposing;
    private TaskCompletionSource? _grown;
    private long _end;
    private bool _failing;
    private int _pages;

    public LogWriter(Database database, ILogger logger)
    {
        (_database, _logger) = (database, logger);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _waitsForDisk = database.Scalar("PRAGMA synchronous") > 1;
        Statements = new LogStatements(database);
        _end = Statements.End;
        _thread = new Thread(Run) { IsBackground = true, Name = "channel log" };
        _thread.Start();
    }

    private enum Writing
    {
        Nobody,
        Caller,
        Thread,
    }

    /// <summary>The statements, for the writes.</summary>
    public LogStatements Statements { get; }

    /// <summary>The highest id of a batch that was committed.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>Ends when a batch with a higher id was committed.</summary>
    public Task GrownBeyond(long id)
    {
        lock (_lock)
        {
            return _end > id ? Task.CompletedTask : (_grown ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Queues a write; it ends when it is committed, in the order in which they were queued.</summary>
    /// <exception cref="LogException">Nothing was written.</exception>
    public ValueTask Write(LogWrite write)
    {
        lock (_gate)
        {
            if (_disposing)
            {
                write.Fail(new LogException(LogFault.Unavailable, "The node stops."));
                return write.Done;
            }

            if (_writing != Writing.Nobody || !write.IsQuick || _waitsForDisk || _pages >= PagesBetweenCheckpoints)
            {
                _queue.Enqueue(write);
                if (_writing == Writing.Nobody)
                {
                    HandToThread();
                }

                return write.Done;
            }

            _writing = Writing.Caller;
            _writes.Clear();
            _writes.Add(write);
        }

        try
        {
            WriteTaken();
        }
        finally
        {
            lock (_gate)
            {
                if (_queue.Count > 0 || _disposing)
                {
                    HandToThread();
                }
                else
                {
                    _writing = Writing.Nobody;
                }
            }
        }

        return write.Done;
    }

    /// <summary>Whether all that was written has reached the disk, known once this is disposed of.</summary>
    public bool IsClean { get; private set; }

    /// <summary>Writes what is queued, and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposing = true;
            if (_writing == Writing.Nobody)
            {
                HandToThread();
            }
        }

        _thread.Join();
        try
        {
            // A commit that waits for the disk takes all before it along; a checkpoint alone may be held up by who reads.
            _database.Execute($"PRAGMA synchronous=FULL; BEGIN IMMEDIATE; PRAGMA user_version={LogFile.Version}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);");
            IsClean = true;
        }
        catch (SqliteError error)
        {
            LogFailed(error, _database.File);
        }

        _database.Dispose();
    }

    private void HandToThread()
    {
        _writing = Writing.Thread;
        Monitor.Pulse(_gate);
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                while (_writing != Writing.Thread || _queue.Count == 0)
                {
                    if (_writing == Writing.Thread)
                    {
                        if (_disposing)
                        {
                            return;
                        }

                        _writing = Writing.Nobody;
                    }

                    Monitor.Wait(_gate);
                }

                _writes.Clear();
                for (var bytes = 0L; _writes.Count < MaxWritesACommit && bytes < MaxBytesACommit && _queue.TryDequeue(out var next); bytes += next.Bytes)
                {
                    _writes.Add(next);
                }
            }

            WriteTaken();
            if (_pages >= PagesBetweenCheckpoints)
            {
                Checkpoint();
            }
        }
    }

    private void Checkpoint()
    {
        _pages = 0;
        try
        {
            _database.Execute("PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (SqliteError error)
        {
            // The next one copies what this one did not.
            LogNotCopied(error, _database.File);
        }
    }

    // Of whoever has its turn to write.
    private void WriteTaken()
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            Commit();
        }
        catch (Exception exception)
        {
            Rollback(exception);
            return;
        }

        if (_failing)
        {
            _failing = false;
            LogRecovered(_database.File);
        }

        GatewayMeter.LogCommitDuration.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        foreach (var write in _writes)
        {
            write.Committed();
        }

        TellGrowth();
    }

    private void TellGrowth()
    {
        if (Statements.End > _end)
        {
            TaskCompletionSource? grown;
            lock (_lock)
            {
                Volatile.Write(ref _end, Statements.End);
                (grown, _grown) = (_grown, null);
            }

            grown?.SetResult();
        }
    }

    private void Commit()
    {
        _begin.Run();
        foreach (var write in _writes)
        {
            write.Apply(Statements);
        }

        _commit.Run();
        _pages += PagesACommit;
        foreach (var write in _writes)
        {
            _pages += (int)(write.Bytes / PageBytes);
        }
    }

    private void Rollback(Exception exception)
    {
        try
        {
            // SQLite may have done it by itself.
            _database.Execute("ROLLBACK");
        }
        catch (SqliteError)
        {
        }

        Statements.TakeBack(_end);
        var full = exception is SqliteError { IsFull: true };
        if (!_failing)
        {
            _failing = true;
            LogFailed(exception, _database.File);
        }

        foreach (var write in _writes)
        {
            write.Fail(new LogException(full ? LogFault.Full : LogFault.Unavailable, exception.Message, exception));
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The store's file {File} cannot be written; publishes are refused until it can")]
    private partial void LogFailed(Exception exception, string file);

    [LoggerMessage(3, LogLevel.Warning, "The write-ahead log of the store's file {File} could not be copied into it")]
    private partial void LogNotCopied(Exception exception, string file);

    [LoggerMessage(2, LogLevel.Information, "The store's file {File} can be written again")]
    private partial void LogRecovered(string file);
}

/// <summary>Something to write. It is applied and told of its commit by one who writes at a time.</summary>
internal abstract class LogWrite : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };

    /// <summary>Ends when it is committed, or fails with a <see cref="LogException"/>. To be awaited once.</summary>
    public ValueTask Done => new(this, _done.Version);

    /// <summary>About how large it is.</summary>
    public virtual long Bytes => 0;

    /// <summary>Whether it takes so little that whoever brings it can write it.</summary>
    public virtual bool IsQuick => false;

    /// <summary>Writes it, within a transaction.</summary>
    public abstract void Apply(LogStatements statements);

    /// <summary>Its transaction was committed.</summary>
    public virtual void Committed() => _done.SetResult(true);

    /// <summary>It was not written, or does not stand.</summary>
    public virtual void Fail(LogException exception) => _done.SetException(exception);

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}

/// <summary>A write that is a few lines.</summary>
internal sealed class SmallWrite(Action<LogStatements> apply) : LogWrite
{
    public override void Apply(LogStatements statements) => apply(statements);
}

/// <summary>The statements of the writing connection.</summary>
internal sealed class LogStatements(Database database)
{
    private const string Remembered = "((keys > 0 AND time >= ?5) OR (meta IS NOT NULL AND time >= ?6))";

    /// <summary>The highest id that was given to a batch.</summary>
    public long End { get; private set; } = database.Scalar(LogFile.EndSql);

    public Statement AddChannel { get; } = database.Prepare("INSERT OR IGNORE INTO channel (name) VALUES (?)");

    public Statement FindChannel { get; } = database.Prepare("SELECT id FROM channel WHERE name = ?");

    public Statement Claim { get; } = database.Prepare("INSERT INTO claim VALUES (?, ?, ?, 0, 0, 0, ?, 0)");

    private Statement NewestTerm { get; } = database.Prepare("SELECT max(term) FROM claim WHERE channel = ?");

    public Statement Cut { get; } = database.Prepare("UPDATE claim SET epoch = ?, cut = ?, prev = ?, gone = ?, source = ? WHERE channel = ? AND term = ?");

    private Statement Empties { get; } = database.Prepare(
        "SELECT term FROM claim WHERE channel = ?1 AND term < ?2 AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.channel = ?1 AND batch.term = claim.term)");

    private Statement DropClaim { get; } = database.Prepare("DELETE FROM claim WHERE channel = ? AND term = ?");

    public Statement Source { get; } = database.Prepare("UPDATE claim SET source = ? WHERE channel = ? AND term = ?");

    public Statement Append { get; } = database.Prepare(
        "INSERT INTO batch (channel, term, first, count, time, size, keys, meta, data, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    private Statement Gone { get; } = database.Prepare("UPDATE claim SET gone = max(gone, ?1), gone_id = max(gone_id, ?2) WHERE channel = ?3 AND term = ?4");

    private Statement LastId { get; } = database.Prepare("SELECT id FROM batch WHERE channel = ? AND term = ? AND first < ? AND size > 0 ORDER BY first DESC LIMIT 1");

    // What a claim that goes noted goes on with a later one.
    private Statement InheritGone { get; } = database.Prepare(
        "UPDATE claim SET gone_id = max(gone_id, ?3, (SELECT coalesce(max(gone_id), 0) FROM claim WHERE channel = ?1 AND term < ?2)) WHERE channel = ?1 AND term = ?2");

    private Statement NewestBefore { get; } = database.Prepare("SELECT coalesce(max(id), 0) FROM batch WHERE channel = ? AND term < ?");

    // What it gave is not given again, also when it is dropped.
    private Statement KeepTop { get; } = database.Prepare("UPDATE top SET id = max(id, (SELECT coalesce(max(id), 0) FROM batch))");

    private Statement Empty { get; } = database.Prepare(
        $"UPDATE batch SET size = 0, data = NULL WHERE channel = ?1 AND term = ?2 AND first >= ?3 AND first < ?4 AND size > 0 AND {Remembered}");

    private Statement DropEmpty { get; } = database.Prepare(
        $"DELETE FROM batch WHERE channel = ?1 AND term = ?2 AND first >= ?3 AND first < ?4 AND NOT ({Remembered})");

    private Statement FirstRemembered { get; } = database.Prepare(
        $"SELECT first FROM batch WHERE channel = ?1 AND term = ?2 AND first >= ?3 AND first < ?4 AND ({Remembered}) ORDER BY first LIMIT 1");

    private Statement DropBefore { get; } = database.Prepare("DELETE FROM batch WHERE channel = ? AND term = ? AND first < ?");

    private Statement DropAllBatches { get; } = database.Prepare("DELETE FROM batch WHERE channel = ? AND term < ?");

    private Statement DropClaims { get; } = database.Prepare("DELETE FROM claim WHERE channel = ? AND term < ?");

    private Statement Oldest { get; } = database.Prepare("SELECT id, channel, term, first, count, time FROM batch ORDER BY id LIMIT ?");

    private Statement DropOne { get; } = database.Prepare("DELETE FROM batch WHERE id = ?");

    /// <summary>
    /// Drops messages of a term between two offsets, and of those before what nobody asks for any more: where an entry has a key or
    /// an origin that is remembered, that stays. Each entry is looked at twice at most.
    /// </summary>
    public void Drop(long channel, long term, long from, long to, long keysFromMs, long originsFromMs)
    {
        KeepTop.Run();
        if (LastId.Bind(1, channel).Bind(2, term).Bind(3, to).Step())
        {
            var id = LastId.Long(0);
            LastId.Reset();
            NoteGone(channel, term, to - 1, id);
        }

        Bind(Empty, from, to).Run();
        Bind(DropEmpty, from, to).Run();
        if (from > 0)
        {
            var first = Bind(FirstRemembered, 0, from).Step() ? FirstRemembered.Long(0) : from;
            FirstRemembered.Reset();
            DropBefore.Bind(1, channel).Bind(2, term).Bind(3, first).Run();
        }

        Statement Bind(Statement statement, long first, long end) =>
            statement.Bind(1, channel).Bind(2, term).Bind(3, first).Bind(4, end).Bind(5, keysFromMs).Bind(6, originsFromMs);
    }

    /// <summary>Notes that messages of a channel were dropped.</summary>
    /// <param name="channel">The channel's number in the file.</param>
    /// <param name="term">Under this claim.</param>
    /// <param name="last">Up to this offset.</param>
    /// <param name="id">The highest id of what was in this file, 0 for nothing.</param>
    public void NoteGone(long channel, long term, long last, long id = 0) =>
        Gone.Bind(1, last).Bind(2, id).Bind(3, channel).Bind(4, term).Run();

    /// <summary>Drops the oldest entries of the file that are older than a time.</summary>
    public void DropOldest(int max, long beforeMs)
    {
        var entries = new List<(long Id, long Channel, long Term, long Last)>();
        for (Oldest.Bind(1, max); Oldest.Step();)
        {
            if (Oldest.Long(5) < beforeMs)
            {
                entries.Add((Oldest.Long(0), Oldest.Long(1), Oldest.Long(2), Oldest.Long(3) + Oldest.Long(4) - 1));
            }
        }

        KeepTop.Run();
        foreach (var (id, channel, term, last) in entries)
        {
            NoteGone(channel, term, last, id);
            DropOne.Bind(1, id).Run();
        }
    }

    /// <summary>Drops all that a channel had before a term.</summary>
    public void DropAll(long channel, long before)
    {
        KeepTop.Run();
        NewestBefore.Bind(1, channel).Bind(2, before).Step();
        var newest = NewestBefore.Long(0);
        NewestBefore.Reset();
        InheritGone.Bind(1, channel).Bind(2, before).Bind(3, newest).Run();
        DropAllBatches.Bind(1, channel).Bind(2, before).Run();
        DropClaims.Bind(1, channel).Bind(2, before).Run();
    }

    /// <summary>The id of the next batch: higher than all before it.</summary>
    public long NextId() => ++End;

    /// <summary>The ids above one were not written.</summary>
    public void TakeBack(long end) => End = end;

    /// <summary>Drops claims before a term of which nothing is left, except for those that lead to older messages.</summary>
    public void Forget(long channel, long before, IReadOnlySet<long> links)
    {
        InheritGone.Bind(1, channel).Bind(2, before).Bind(3, 0L).Run();
        var empty = new List<long>();
        for (Empties.Bind(1, channel).Bind(2, before); Empties.Step();)
        {
            empty.Add(Empties.Long(0));
        }

        foreach (var term in empty.Where(x => !links.Contains(x)))
        {
            DropClaim.Bind(1, channel).Bind(2, term).Run();
        }
    }

    /// <summary>The channel's number in the file.</summary>
    public long IdOf(string channel)
    {
        AddChannel.Bind(1, channel).Run();
        FindChannel.Bind(1, channel).Step();
        var id = FindChannel.Long(0);
        FindChannel.Reset();
        return id;
    }

    /// <summary>The highest term of a channel in the file, 0 for none.</summary>
    public long NewestTermOf(long channel)
    {
        NewestTerm.Bind(1, channel).Step();
        var term = NewestTerm.Long(0);
        NewestTerm.Reset();
        return term;
    }
}
