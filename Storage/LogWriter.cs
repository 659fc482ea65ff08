using System.Diagnostics;
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
