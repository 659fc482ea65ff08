using System.IO.Pipelines;
using OrleansGateway.Channels;
using OrleansGateway.Metrics;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>
/// One client's subscription: a place in its channel's ring, and a pipe to its socket. Whoever has news calls
/// <see cref="Pump"/>, which writes all that is pending in one go and returns; where the socket is full, the writing goes
/// on by itself when it has room. Behind the ring it reads pages from the channel at its own pace until it is back.
/// </summary>
internal sealed class Subscriber
{
    private const int MaxEntriesAWrite = 128;

    // What a client that takes nothing can make the node hold, besides its pipe: messages that are larger go in pieces of it.
    private const int MaxBytesAWrite = 32 * 1024;

    private readonly ChannelRelay _relay;
    private readonly MessageEncoder _encoder;
    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly Func<long?>? _progress;
    private readonly TaskCompletionSource<EndReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<(ReadOnlyMemory<byte> Bytes, TaskCompletionSource Written)> _control = [];
    private List<TaskCompletionSource>? _writing;
    private int _signals;
    private int _end = -1;
    private long _place;
    private MessageId _after;
    private MessageId? _until;
    private RelayPage? _page;
    private ReadOnlyMemory<byte> _rest;
    private long _lastWrite;
    private long _blockedSince;
    private long? _taken;
    private bool _reading;
    private bool _unflushed;
    private long _delivered;
    private long _sentBytes;
    private volatile bool _keepAliveDue;

    /// <summary>Makes one; it has yet to join and start.</summary>
    /// <param name="relay">Its channel.</param>
    /// <param name="encoder">Its form.</param>
    /// <param name="output">The way to its socket.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">
    /// A number that changes whenever the client takes something, or null where nobody knows: then only a whole write that was taken counts.
    /// </param>
    public Subscriber(ChannelRelay relay, MessageEncoder encoder, PipeWriter output, TimeProvider time, Func<long?>? progress = null)
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

    /// <summary>Its form.</summary>
    public MessageEncoder Encoder => _encoder;

    /// <summary>How many messages it has written.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>How many bytes it has written, also of what is no message.</summary>
    public long SentBytes => Volatile.Read(ref _sentBytes);

    /// <summary>Whether it ends by itself when it has sent what there was.</summary>
    public bool IsPoll => _until is not null;

    /// <summary>Where it stands. Exact before it starts and after it ended.</summary>
    public Standing Standing => new(_relay.Name, _after, _time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Begins with the next message.</summary>
    /// <returns>The id after which it begins.</returns>
    public MessageId JoinLive()
    {
        // Nothing is pumped to it before it has its place.
        Interlocked.Increment(ref _signals);
        (_place, _after) = _relay.AddLive(this);
        return _after;
    }

    /// <summary>Begins after an id.</summary>
    /// <param name="after">The id.</param>
    /// <param name="until">The last id that it sends, or null to go on for ever. In another epoch it ends too.</param>
    public void JoinAfter(MessageId after, MessageId? until = null)
    {
        Interlocked.Increment(ref _signals);
        (_place, _after, _until) = (-1, after, until);
        if (until is null)
        {
            GatewayMeter.Resumes.Add(_relay.GoLive(after) is null ? "log" : "ring");
        }

        CompleteIfAtTheEnd();
        _relay.Add(this);
    }

    /// <summary>Lets it write, after one of the joins.</summary>
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
        lock (_control)
        {
            _control.Enqueue((bytes, written));
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
        else if (_until is null && Volatile.Read(ref _end) < 0 && _encoder.KeepAliveEvery is { } period && _time.GetElapsedTime(Volatile.Read(ref _lastWrite), now) >= period)
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
                bool wrote;
                do
                {
                    WriteControl();
                    wrote = Volatile.Read(ref _end) < 0 && (_place < 0 ? await CatchUp() : WritePending());
                    await Flush();
                    await WriteRest();
                    _writing?.ForEach(x => x.TrySetResult());
                    _writing = null;
                }
                while (wrote);

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
        while (!_rest.IsEmpty && Volatile.Read(ref _end) != (int)EndReason.Gone)
        {
            var piece = _rest[..Math.Min(_rest.Length, MaxBytesAWrite)];
            Write(piece.Span);
            _rest = _rest[piece.Length..];
            await Flush();
        }
    }

    private void Finish() => _ended.TrySetResult((EndReason)Volatile.Read(ref _end));

    // For an end that came just before it began to wait.
    private void FinishIfEnded()
    {
        if (Volatile.Read(ref _end) >= 0)
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
            // Who waits holds no page: it would be one for each.
            _page = null;
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

        lock (_control)
        {
            while (_control.TryDequeue(out var frame))
            {
                Write(frame.Bytes.Span);
                (_writing ??= []).Add(frame.Written);
            }
        }
    }

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

        while (taken < count && bytes < MaxBytesAWrite && _rest.IsEmpty && Volatile.Read(ref _end) < 0)
        {
            bytes += WriteEntry(entries[taken++]);
        }

        _place += taken;
        return taken > 0;
    }

    private int WriteEntry(RelayEntry entry)
    {
        // Another epoch cannot come before the end that was asked for: that end never comes.
        if (_until is { } until && (entry.Epoch != until.Epoch || entry.Message.Offset > until.Offset))
        {
            EndItself(EndReason.Complete);
            return 0;
        }

        _after = entry.Id;
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

        CompleteIfAtTheEnd();
        return encoded.Length;
    }

    private void CompleteIfAtTheEnd()
    {
        if (_until is { } until && _after.Epoch == until.Epoch && _after.Offset >= until.Offset)
        {
            EndItself(EndReason.Complete);
        }
    }

    private void EndItself(EndReason reason) => Interlocked.CompareExchange(ref _end, (int)reason, -1);

    private async ValueTask<bool> CatchUp()
    {
        if (_page is not { } page || !page.Covers(_after))
        {
            _page = null;
            if (_relay.GoLive(_after) is { } place)
            {
                _place = place;
                return true;
            }

            if (await ReadPage() is not { } read)
            {
                return Volatile.Read(ref _end) < 0;
            }

            page = read;
            if (!Enter(page))
            {
                return true;
            }

            if (!page.Covers(_after))
            {
                if (page.Position.Newest <= _after.Offset)
                {
                    // Ahead of this node's relay: what comes next reaches the ring soon.
                    await Task.Delay(TimeSpan.FromMilliseconds(5), _time);
                }

                return true;
            }

            _page = page;
        }

        var bytes = 0;
        for (var i = page.IndexAfter(_after); i < page.Entries.Length && bytes < MaxBytesAWrite && _rest.IsEmpty && Volatile.Read(ref _end) < 0; i++)
        {
            bytes += WriteEntry(page.Entries[i]);
        }

        return true;
    }

    /// <summary>Reads the page after its place.</summary>
    /// <returns>Null where it ended meanwhile, or the channel could not be reached: after a while it may try again.</returns>
    private async ValueTask<RelayPage?> ReadPage()
    {
        var reading = _relay.Pages.Get(_after);
        if (!reading.IsCompleted)
        {
            Interlocked.Exchange(ref _reading, true);
            FinishIfEnded();

            // An end does not wait for a channel that is out of reach.
            await Task.WhenAny(reading, _ended.Task);
            Interlocked.Exchange(ref _reading, false);
        }

        if (Volatile.Read(ref _end) >= 0)
        {
            return null;
        }

        if (reading.IsCompletedSuccessfully)
        {
            return await reading;
        }

        // The channel moves; the relay goes on when it is found again.
        await Task.Delay(TimeSpan.FromMilliseconds(100), _time);
        return null;
    }

    /// <summary>Goes to where the page begins; says so where that is behind a hole.</summary>
    /// <returns>Whether it can go on there.</returns>
    private bool Enter(RelayPage page)
    {
        if (_until is { } until && page.Position.Epoch != until.Epoch)
        {
            EndItself(EndReason.Complete);
            return false;
        }

        if (page.Position.Epoch != _after.Epoch || page.Oldest > _after.Offset + 1)
        {
            var resumed = new MessageId(page.Position.Epoch, page.Oldest - 1);
            var missed = page.Position.Epoch == _after.Epoch ? resumed.Offset - _after.Offset : (long?)null;

            GatewayMeter.Gaps.Add();

            // A new epoch is no hole for those who carry no ids, and for those who want the newest only there is none.
            if (_encoder.EncodeGap(new Gap(_relay.Name, _after, resumed, missed)) is { } gap)
            {
                Write(gap);
            }
            else if (missed is not null && !_encoder.NewestOnly)
            {
                EndItself(EndReason.Slow);
                return false;
            }

            _after = resumed;
            CompleteIfAtTheEnd();
        }

        if (_encoder.NewestOnly && page.Position.Newest - 1 > _after.Offset)
        {
            _after = page.Position.Id with { Offset = page.Position.Newest - 1 };
        }

        return true;
    }

    private void Write(ReadOnlySpan<byte> bytes)
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
