using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Metrics;
using OrleansGateway.Storage.Sqlite;

namespace OrleansGateway.Storage;

/// <summary>One owner's hold on one channel.</summary>
internal sealed class LocalLogSession : IChannelLogSession
{
    // Up to here an append is worth no thread of its own.
    private const int QuickBytes = 64 * 1024;

    private readonly LocalChannelLog _log;
    private readonly StoreDirectory _directory;
    private readonly LogWriter _writer;
    private readonly Func<RetentionOptions> _retention;
    private readonly Func<RetentionLimits> _limits;
    private readonly TimeProvider _time;
    private readonly string _channel;
    private readonly int _slot;
    private readonly LogSegment[] _segments;
    private readonly Lock _lock = new();
    private long _oldest;
    private long _bytes;
    private int _trimming;

    // Before it nothing but keys and origins is left in the own file. Of who trims.
    private long _dropped;

    // Of whoever writes.
    private long _seen;
    private long _next;
    private bool _superseded;

    // The count at which the session was last found to stand, by whoever looked.
    private long _stood;

    // What stands: readers see no more.
    private long _newest;

    public LocalLogSession(
        LocalChannelLog log,
        StoreDirectory directory,
        LogWriter writer,
        Func<RetentionOptions> retention,
        TimeProvider time,
        string channel,
        int slot,
        long seen,
        LogSegment[] segments,
        LogState state)
    {
        (_log, _directory, _writer, _retention, _time, _channel, _slot, _seen, _segments) =
            (log, directory, writer, retention, time, channel, slot, seen, segments);
        _limits = ChannelLimits.Of(channel, retention);
        (Term, Epoch, Newest, LastTimeMs, SourceTerm, Recent) =
            (segments[^1].Term, state.Epoch, state.Newest, state.LastTimeMs, state.SourceTerm, state.Recent);
        (_newest, _next, _oldest, _bytes, _stood) = (state.Newest, state.Newest + 1, state.Oldest, state.Bytes, seen);
    }

    public long Term { get; }

    public string Epoch { get; }

    public long Newest { get; }

    public long LastTimeMs { get; }

    public long SourceTerm { get; }

    public IReadOnlyList<LoggedPublish> Recent { get; }

    public bool KeepsMessages => true;

    public long Oldest => Volatile.Read(ref _oldest);

    private LogSegment Own => _segments[^1];

    public ValueTask Append(LogEntry entry) => _writer.Write(new AppendWrite(this, entry));

    public ValueTask<MessageBatch[]> Read(long after, int maxBytes) => new(LocalChannelLog.OnFiles(() => Task.FromResult(ReadNow(after, maxBytes))));

    public ValueTask<bool> Stands()
    {
        var count = _directory.Counters.Read(_slot);
        return count == Volatile.Read(ref _stood) ? ValueTask.FromResult(true) : new ValueTask<bool>(LocalChannelLog.OnFiles(() => Task.FromResult(Look())));

        bool Look()
        {
            if (!_log.IsNewest(_channel, Term))
            {
                return false;
            }

            Volatile.Write(ref _stood, count);
            return true;
        }
    }

    public ValueTask KeepSource(long sourceTerm) =>
        _writer.Write(new SourceWrite(this, sourceTerm));

    public ValueTask Delete() => new(LocalChannelLog.OnFiles(() => _log.Clear(_channel, Term, Epoch)));

    private MessageBatch[] ReadNow(long after, int maxBytes)
    {
        maxBytes = Math.Max(1, maxBytes);
        var (newest, from) = (Volatile.Read(ref _newest), Math.Max(after + 1, Oldest));
        var fromMs = (_time.GetUtcNow() - _limits().Age).ToUnixTimeMilliseconds();
        var batches = new List<MessageBatch>();
        foreach (var segment in _segments)
        {
            if (Math.Min(segment.Last, newest) < from || maxBytes <= 0 || _directory.File(segment.File) is not { } file)
            {
                continue;
            }

            file.Read(reader =>
            {
                reader.Batches(segment.Channel, segment.Term, from, Math.Min(segment.Last, newest), (first, count, timeMs, data) =>
                {
                    if (timeMs < fromMs)
                    {
                        return true;
                    }

                    if (batches.Count > 0 && (first != batches[^1].LastOffset + 1 || (maxBytes -= data.Length) < 0))
                    {
                        // What comes before a hole is about to go: it was dropped elsewhere in between.
                        return false;
                    }

                    maxBytes -= batches.Count == 0 ? data.Length : 0;
                    batches.Add(new MessageBatch { Term = Term, Epoch = Epoch, FirstOffset = first, Count = count, Data = data });
                    return maxBytes > 0;
                });
                return 0;
            });
        }

        // What was not found is no longer kept.
        if (batches.Count == 0 ? from <= newest : batches[0].FirstOffset > from)
        {
            lock (_lock)
            {
                _oldest = Math.Max(_oldest, batches.Count == 0 ? newest + 1 : batches[0].FirstOffset);
            }
        }

        return [.. batches];
    }

    // With some slack, so that not every message makes another go.
    private bool IsAboveLimits()
    {
        var limits = _limits();
        return Volatile.Read(ref _newest) - Oldest >= limits.Messages + (limits.Messages / 64)
            || Volatile.Read(ref _bytes) > limits.Bytes + (limits.Bytes / 64);
    }

    // Again where something came meanwhile, which saw that it is being done.
    private async Task Trim()
    {
        bool again;
        do
        {
            var newest = Volatile.Read(ref _newest);
            again = await TrimOnce();
            Interlocked.Exchange(ref _trimming, 0);
            again &= newest != Volatile.Read(ref _newest) && IsAboveLimits() && Interlocked.CompareExchange(ref _trimming, 1, 0) == 0;
        }
        while (again);
    }

    private async Task<bool> TrimOnce()
    {
        try
        {
            var limits = _limits();
            long newest, counted, oldest;
            lock (_lock)
            {
                (newest, counted, oldest) = (_newest, _bytes, _oldest);
            }

            // What the janitor dropped is still counted.
            var bytes = counted > limits.Bytes ? Count(oldest, newest) : counted;
            var (dropped, found) = (0L, false);
            foreach (var segment in _segments)
            {
                if (Math.Min(segment.Last, newest) < oldest || _directory.File(segment.File) is not { } file)
                {
                    continue;
                }

                var more = file.Read(reader =>
                {
                    var goOn = true;
                    reader.Places(segment.Channel, segment.Term, oldest, Math.Min(segment.Last, newest), place =>
                    {
                        // The newest is always kept.
                        goOn = place.Last < newest && (newest - place.Last >= limits.Messages || bytes - dropped - place.Size >= limits.Bytes);
                        (oldest, dropped, found) = goOn ? (place.Last + 1, dropped + place.Size, true) : (place.First, dropped, true);
                        return goOn;
                    });
                    return goOn;
                });
                if (!more)
                {
                    break;
                }
            }

            oldest = found ? oldest : newest + 1;
            lock (_lock)
            {
                _oldest = Math.Max(_oldest, oldest);
                _bytes += bytes - dropped - counted;
            }

            await _writer.Write(new SmallWrite(x => Drop(x, oldest)));
            _dropped = oldest;
            return true;
        }
        catch (Exception exception) when (exception is SqliteError or LogException or IOException or UnauthorizedAccessException)
        {
            // The writer has said it; the next append tries again.
            return false;
        }
    }

    private long Count(long oldest, long newest)
    {
        var bytes = 0L;
        foreach (var segment in _segments)
        {
            var last = Math.Min(segment.Last, newest);
            if (last >= oldest && _directory.File(segment.File) is { } file)
            {
                bytes += file.Read(x => x.Kept(segment.Channel, segment.Term, oldest, last))?.Bytes ?? 0;
            }
        }

        return bytes;
    }

    // Of other files the holders drop what is too old.
    private void Drop(LogStatements statements, long oldest)
    {
        var now = _time.GetUtcNow();
        var keysFromMs = (now - _retention().KeyAge).ToUnixTimeMilliseconds();
        var originsFromMs = (now - PublishMemory.OriginAge).ToUnixTimeMilliseconds();
        foreach (var segment in _segments)
        {
            if (segment.File == Own.File && segment.First < oldest)
            {
                statements.Drop(segment.Channel, segment.Term, _dropped, oldest, keysFromMs, originsFromMs);
            }
        }

        // Also of what is in other files: so whoever looks at them knows that it does not count any more.
        statements.NoteGone(Own.Channel, Own.Term, oldest - 1);
    }

    // Of whoever writes, after a commit.
    private bool StandsForWriter()
    {
        var count = _directory.Counters.Read(_slot);
        if (count == _seen)
        {
            return true;
        }

        try
        {
            if (!_log.IsNewest(_channel, Term))
            {
                return false;
            }

            _seen = count;
            return true;
        }
        catch (Exception)
        {
            // Whatever it is, it cannot be known, and must not end who writes.
            return false;
        }
    }

    /// <summary>A source's term. Like an append it counts when nobody had claimed the channel before: the next owner has not seen it otherwise.</summary>
    private sealed class SourceWrite(LocalLogSession session, long sourceTerm) : LogWrite
    {
        public override void Apply(LogStatements statements) =>
            statements.Source.Bind(1, sourceTerm).Bind(2, session.Own.Channel).Bind(3, session.Own.Term).Run();

        public override void Committed()
        {
            if (session.StandsForWriter())
            {
                base.Committed();
            }
            else
            {
                session._superseded = true;
                Fail(LocalChannelLog.Superseded(session._channel));
            }
        }
    }

    /// <summary>An append. It is acknowledged when it is committed and nobody had claimed the channel before.</summary>
    private sealed class AppendWrite(LocalLogSession session, LogEntry entry) : LogWrite
    {
        private bool _applied;

        public override long Bytes => entry.Batch.Data.Length;

        public override bool IsQuick => entry.Batch.Data.Length <= QuickBytes;

        public override void Apply(LogStatements statements)
        {
            // Behind one that failed it would leave a hole.
            _applied = !session._superseded && entry.Batch.FirstOffset == session._next;
            if (!_applied)
            {
                return;
            }

            var (batch, own) = (entry.Batch, session.Own);
            statements.Append
                .Bind(1, own.Channel).Bind(2, own.Term).Bind(3, batch.FirstOffset).Bind(4, batch.Count)
                .Bind(5, batch.TimeMs).Bind(6, batch.Data.Length).Bind(7, entry.Keys?.Length ?? 0)
                .Bind(8, EntryMeta.Encode(entry)).Bind(9, batch.Data.Span)
                .Bind(10, statements.NextId()).Run();
            session._next = batch.LastOffset + 1;
        }

        public override void Committed()
        {
            if (!_applied)
            {
                base.Fail(session._superseded
                    ? LocalChannelLog.Superseded(session._channel)
                    : new LogException(LogFault.Unavailable, "What came before it was not appended."));
            }
            else if (!session.StandsForWriter())
            {
                session._superseded = true;
                base.Fail(LocalChannelLog.Superseded(session._channel));
            }
            else
            {
                lock (session._lock)
                {
                    session._bytes += entry.Batch.Data.Length;
                    Volatile.Write(ref session._newest, entry.Batch.LastOffset);
                }

                GatewayMeter.LogAppends.Add();
                base.Committed();
                if (session.IsAboveLimits() && Interlocked.CompareExchange(ref session._trimming, 1, 0) == 0)
                {
                    session._log.InBackground(session.Trim);
                }
            }
        }

        public override void Fail(LogException exception)
        {
            if (_applied)
            {
                session._next = Math.Min(session._next, entry.Batch.FirstOffset);
            }

            base.Fail(exception);
        }
    }
}
