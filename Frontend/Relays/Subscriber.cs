using System.IO.Pipelines;
using OrleansGateway.Metrics;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>
/// One client's subscription: a place in its relay's ring, and a way to its socket. Whoever has news calls
/// <see cref="Pump"/>, which writes all that is pending in one go and returns; where the socket is full, the writing goes
/// on by itself when it has room. Behind the ring it reads what is kept at its own pace until it is back.
/// </summary>
internal abstract class Subscriber
{
    private const int MaxEntriesAWrite = 128;

    // What a client that takes nothing can make the node hold, besides that way's buffer: messages that are larger go in pieces of it.
    private const int MaxBytesAWrite = 32 * 1024;

    private readonly Relay _relay;
    private readonly MessageEncoder _encoder;
    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly Func<long?>? _progress;
    private readonly TaskCompletionSource<EndReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Queue<(ReadOnlyMemory<byte> Bytes, TaskCompletionSource Written)>? _control;
    private List<TaskCompletionSource>? _writing;
    private int _signals;
    private int _end = -1;
    private long _place;
    private ReadOnlyMemory<byte> _rest;
    private long _lastWrite;
    private long _blockedSince;
    private long? _taken;
    private bool _reading;
    private bool _unflushed;
    private long _delivered;
    private long _sentBytes;
    private volatile bool _keepAliveDue;
    private volatile bool _isWithinMessage;

    /// <summary>Makes one; it has yet to join and start.</summary>
    /// <param name="relay">What it listens to.</param>
    /// <param name="encoder">Its form.</param>
    /// <param name="output">The way to its socket.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">
    /// A number that changes whenever the client takes something, or null where nobody knows: then only a whole write that was taken counts.
    /// </param>
    protected Subscriber(Relay relay, MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress = null)
    {
        _relay = relay;
        _encoder = encoder;
        _output = output;
        _time = time;
        _progress = progress;
        _lastWrite = time.GetTimestamp();
    }

    /// <summary>Ends when nothing more is written, with the reason.</summary>
    public Task<EndReason> Ended => _ended.Task;

    /// <summary>Whether something that it has begun to write has yet to be taken: who is let go now is cut off.</summary>
    public bool IsWriting => _isWithinMessage || Volatile.Read(ref _blockedSince) != 0;

    /// <summary>Its form.</summary>
    public MessageEncoder Encoder => _encoder;

    /// <summary>How many messages it has written.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>How many bytes it has written, also of what is no message.</summary>
    public long SentBytes => Volatile.Read(ref _sentBytes);

    /// <summary>Whether it ends by itself when it has sent what there was.</summary>
    public abstract bool IsPoll { get; }

    /// <summary>Where it stands. Exact before it starts and after it ended.</summary>
    public Standing Standing => new(_relay.Name, Position, _time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>The last id or cursor that it was sent, or after which it begins.</summary>
    protected abstract string Position { get; }

    protected TimeProvider Time => _time;

    /// <summary>Whether it has to come to an end.</summary>
    protected bool IsEnding => Volatile.Read(ref _end) >= 0;

    /// <summary>Lets it write, after it has joined.</summary>
    public void Start() => _ = Run();

    /// <summary>Writes what is pending, unless that is under way. Never blocks.</summary>
    public void Pump()
    {
        if (Interlocked.Increment(ref _signals) == 1)
        {
            _ = Run();
        }
    }

    /// <summary>Sends bytes between messages (a WebSocket's control frames), also after the end.</summary>
    /// <returns>A task that ends when they are written.</returns>
    public Task SendControl(ReadOnlyMemory<byte> bytes)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_ended)
        {
            (_control ??= []).Enqueue((bytes, written));
        }

        Pump();
        return written.Task;
    }

    /// <summary>Ends it: what is being written is finished, nothing more begins.</summary>
    public void End(EndReason reason)
    {
        EndItself(reason);

        // All was written, but not yet taken: it is complete only then.
        Interlocked.CompareExchange(ref _end, (int)reason, (int)EndReason.Complete);
        Pump();

        // Nobody takes the rest any more, or nothing is being written: a channel that is out of reach holds up no end.
        if (reason == EndReason.Gone || Volatile.Read(ref _blockedSince) != 0 || Volatile.Read(ref _reading))
        {
            Finish();
        }
    }

    /// <summary>Once a second: keep-alives, and an end for those who take nothing.</summary>
    public void OnTick(long now, TimeSpan slowTimeout)
    {
        var blocked = Volatile.Read(ref _blockedSince);
        if (blocked != 0)
        {
            if (_progress?.Invoke() is { } taken && taken != _taken)
            {
                // It takes, though not yet as much as a write needs.
                _taken = taken;
                Interlocked.CompareExchange(ref _blockedSince, now, blocked);
            }
            else if (_time.GetElapsedTime(blocked, now) > slowTimeout)
            {
                End(EndReason.Slow);
            }
        }
        else if (!IsPoll && !IsEnding && _encoder.KeepAliveEvery is { } period && _time.GetElapsedTime(Volatile.Read(ref _lastWrite), now) >= period)
        {
            _keepAliveDue = true;
            Pump();
        }
    }

    // Only one run at a time: the one that took _signals from 0. It goes on until nobody called meanwhile.
    private async Task Run()
    {
        try
        {
            int seen;
            do
            {
                seen = Volatile.Read(ref _signals);
                bool isMore;
                do
                {
                    WriteControl();
                    isMore = !IsEnding && (_place < 0 ? await CatchUp() : WritePending());
                    await Flush();
                    await WriteRest();
                    _writing?.ForEach(x => x.TrySetResult());
                    _writing = null;
                }
                while (isMore);

                FinishIfEnded();
            }
            while (Interlocked.Add(ref _signals, -seen) != 0);
        }
        catch (Exception)
        {
            // The connection is gone in one of many ways; the request's own end tells which.
            EndItself(EndReason.Gone);
            Finish();
        }
    }

    // Nothing comes between the pieces of a message, and none is left out, but where nobody takes them.
    private async ValueTask WriteRest()
    {
        _isWithinMessage = !_rest.IsEmpty;
        while (!_rest.IsEmpty && Volatile.Read(ref _end) != (int)EndReason.Gone)
        {
            var piece = _rest[..Math.Min(_rest.Length, MaxBytesAWrite)];
            Write(piece.Span);
            _rest = _rest[piece.Length..];
            await Flush();
        }

        _isWithinMessage = false;
    }

    private void Finish() => _ended.TrySetResult((EndReason)Volatile.Read(ref _end));

    // For an end that came just before it began to wait.
    private void FinishIfEnded()
    {
        if (IsEnding)
        {
            Finish();
        }
    }

    private ValueTask Flush()
    {
        if (!_unflushed)
        {
            return ValueTask.CompletedTask;
        }

        _unflushed = false;
        Volatile.Write(ref _lastWrite, _time.GetTimestamp());
        var flush = _output.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            Check(flush.Result);
            return ValueTask.CompletedTask;
        }

        return Wait(flush);

        async ValueTask Wait(ValueTask<FlushResult> pending)
        {
            // Who waits holds nothing of what it read: it would be that for each.
            LetGo();
            Interlocked.Exchange(ref _blockedSince, _time.GetTimestamp());
            if (Volatile.Read(ref _end) != (int)EndReason.Complete)
            {
                FinishIfEnded();
            }

            var result = await pending;
            Volatile.Write(ref _blockedSince, 0);
            Check(result);
        }
    }

    private void Check(FlushResult result)
    {
        if (result.IsCompleted || result.IsCanceled)
        {
            EndItself(EndReason.Gone);
        }
    }

    private void WriteControl()
    {
        if (_keepAliveDue)
        {
            _keepAliveDue = false;
            Write(_encoder.EncodeKeepAlive(Standing));
        }

        // Whoever adds something calls for a run after that.
        if (Volatile.Read(ref _control) is null)
        {
            return;
        }

        lock (_ended)
        {
            while (_control?.TryDequeue(out var frame) is true)
            {
                Write(frame.Bytes.Span);
                (_writing ??= []).Add(frame.Written);
            }

            _control = null;
        }
    }

    /// <summary>Writes what is pending in the ring.</summary>
    /// <returns>Whether there is more.</returns>
    private bool WritePending()
    {
        var entries = EntryBuffer.Rent(MaxEntriesAWrite);
        var count = _relay.Ring.Read(_place, entries);
        if (count < 0)
        {
            _place = -1;
            return true;
        }

        var (bytes, taken) = (0, 0);

        // A viewer of the newest only does not care for what it missed.
        if (_encoder.NewestOnly && count > 0)
        {
            _place = _relay.Ring.Next - 1;
            count = _relay.Ring.Read(_place, entries[..1]);
            if (count < 1)
            {
                return true;
            }
        }

        while (taken < count && HasRoom(bytes))
        {
            bytes += WriteEntry(entries[taken++]);
        }

        // What comes meanwhile calls for another run.
        _place += taken;
        return taken < count || count == MaxEntriesAWrite;
    }

    /// <summary>Whether more may be written at once, after so many bytes.</summary>
    protected bool HasRoom(int bytes) => bytes < MaxBytesAWrite && _rest.IsEmpty && !IsEnding;

    /// <summary>Writes an entry, unless it has come to its end.</summary>
    /// <returns>How many bytes.</returns>
    protected int WriteEntry(RelayEntry entry)
    {
        if (!TryMoveTo(entry))
        {
            EndItself(EndReason.Complete);
            return 0;
        }

        var encoded = entry.Encoded(_encoder);
        if (entry.Gap is null)
        {
            _delivered++;
        }
        else
        {
            GatewayMeter.Gaps.Add();
        }

        if (encoded is null)
        {
            // A hole that this form cannot say ends it, so that it is never silent. A new epoch is none for those who carry no ids.
            if (entry.Gap!.Missed is not null)
            {
                EndItself(EndReason.Slow);
            }

            return 0;
        }

        if (encoded.Length <= MaxBytesAWrite)
        {
            Write(encoded);
        }
        else
        {
            _rest = encoded;
        }

        OnWritten();
        return encoded.Length;
    }

    /// <summary>Takes the place in the ring from which it goes on.</summary>
    protected void GoLive(long place) => _place = place;

    /// <summary>Begins to join, behind the ring: nothing is pumped before it starts.</summary>
    protected void Begin()
    {
        Interlocked.Increment(ref _signals);
        _place = -1;
    }

    /// <summary>Waits for what is read; an end does not wait for what is out of reach.</summary>
    /// <returns>False where it ended meanwhile.</returns>
    protected async ValueTask<bool> WaitFor(Task reading)
    {
        if (!reading.IsCompleted)
        {
            Interlocked.Exchange(ref _reading, true);
            FinishIfEnded();
            await Task.WhenAny(reading, _ended.Task);
            Interlocked.Exchange(ref _reading, false);
        }

        return !IsEnding;
    }

    /// <summary>Behind the ring: reads on and writes.</summary>
    /// <returns>Whether there may be more to do at once.</returns>
    protected abstract ValueTask<bool> CatchUp();

    /// <summary>Notes that it goes on with an entry.</summary>
    /// <returns>False where that is beyond what was asked for.</returns>
    protected abstract bool TryMoveTo(RelayEntry entry);

    /// <summary>An entry was written.</summary>
    protected virtual void OnWritten()
    {
    }

    /// <summary>Lets go of what it read ahead.</summary>
    protected abstract void LetGo();

    /// <summary>Ends it when what is being written is finished.</summary>
    protected void EndItself(EndReason reason) => Interlocked.CompareExchange(ref _end, (int)reason, -1);

    protected void Write(ReadOnlySpan<byte> bytes)
    {
        // Larger than what a pipe gives at once comes in pieces.
        _unflushed = true;
        _sentBytes += bytes.Length;
        while (!bytes.IsEmpty)
        {
            var span = _output.GetSpan(Math.Min(bytes.Length, 4096));
            var count = Math.Min(span.Length, bytes.Length);
            bytes[..count].CopyTo(span);
            _output.Advance(count);
            bytes = bytes[count..];
        }
    }

    private static class EntryBuffer
    {
        [ThreadStatic]
        private static RelayEntry[]? t_entries;

        public static Span<RelayEntry> Rent(int count) => (t_entries ??= new RelayEntry[count]).AsSpan(0, count);
    }
}
