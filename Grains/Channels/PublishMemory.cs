using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using OrleansGateway.Logs;

namespace OrleansGateway.Channels;

/// <summary>Messages that a channel took together: under way until the log has them.</summary>
/// <param name="entry">What the log is given.</param>
/// <param name="timeMs">When they were accepted, in ms since 1970.</param>
/// <param name="run">Which run of numbers it belongs to: after a failure they begin anew.</param>
internal sealed class Publishing(LogEntry entry, long timeMs, int run = 0)
{
    private TaskCompletionSource? _settling;
    private Task? _settled;

    public LogEntry Entry => entry;

    public long FirstOffset => entry.Batch.FirstOffset;

    public long TimeMs => timeMs;

    public int Run => run;

    /// <summary>Whether the log has answered.</summary>
    public bool IsAppended { get; private set; }

    /// <summary>What the log answered, where it failed.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Ends when the log has them, or fails. Of the channel's context alone.</summary>
    public Task Settled => _settled ??= (_settling = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Appended(Exception? failure) => (IsAppended, Failure) = (true, failure);

    public void Settle()
    {
        _settled ??= Task.CompletedTask;
        _settling?.TrySetResult();
    }

    public void Fail(Exception exception)
    {
        _ = Settled;
        _settling!.TrySetException(exception);

        // It may be that nobody else waits for it.
        _ = _settling.Task.Exception;
    }
}

/// <summary>The first answer to what may come again: to a key, or to a request whose answer was lost.</summary>
/// <param name="FirstOffset">The first message's offset.</param>
/// <param name="Count">How many messages there are.</param>
/// <param name="TimeMs">When they were accepted, in ms since 1970.</param>
/// <param name="Settled">Ends when the log has them, or fails.</param>
internal readonly record struct Answered(long FirstOffset, int Count, long TimeMs, Task Settled);

/// <summary>What a channel remembers of its publishes, so that none is taken twice: keys for minutes, requests for seconds.</summary>
internal sealed class PublishMemory(Func<RetentionOptions> retention)
{
    /// <summary>How long a request is remembered: for longer nobody sends it again.</summary>
    public static readonly TimeSpan OriginAge = TimeSpan.FromSeconds(30);

    private static readonly long OriginAgeMs = (long)OriginAge.TotalMilliseconds;

    // Most channels know no keys, and one or two senders: the nodes that publish to it.
    private Dictionary<string, (UInt128 Fingerprint, Answered Answer)>? _keys;
    private Queue<(string Key, long FirstOffset, long TimeMs)>? _oldestKeys;
    private List<(Guid Sender, long Sequence, Answered Answer)>? _origins;
    private long _originsCheckedMs;

    /// <summary>Takes over what the log remembers.</summary>
    public void Restore(IEnumerable<LoggedPublish> logged)
    {
        foreach (var entry in logged)
        {
            Remember(entry.FirstOffset, entry.Count, entry.TimeMs, entry.Origin, entry.Keys, Task.CompletedTask);
        }
    }

    public void Remember(Publishing publishing)
    {
        var (batch, origin, keys) = publishing.Entry;
        Remember(batch.FirstOffset, batch.Count, publishing.TimeMs, origin, keys, publishing.Settled);
    }

    /// <summary>Forgets what was not taken after all.</summary>
    public void Forget(Publishing publishing)
    {
        foreach (var key in publishing.Entry.Keys ?? [])
        {
            ForgetKey(key.Key, key.FirstOffset, publishing.TimeMs);
        }

        if (publishing.Entry.Origin is { } origin)
        {
            _origins?.RemoveAll(x => x.Sender == origin.Sender && x.Sequence == origin.Sequence);
        }
    }

    /// <summary>What is remembered of a key.</summary>
    public (UInt128 Fingerprint, Answered Answer)? Find(string key, long nowMs)
    {
        if (_keys is null || _oldestKeys is null)
        {
            return null;
        }

        while (_oldestKeys.TryPeek(out var oldest)
            && (oldest.TimeMs < nowMs - (long)retention().KeyAge.TotalMilliseconds || _oldestKeys.Count > retention().Keys))
        {
            _oldestKeys.Dequeue();
            ForgetKey(oldest.Key, oldest.FirstOffset, oldest.TimeMs);
        }

        return _keys.TryGetValue(key, out var known) ? known : null;
    }

    /// <summary>The newest request of a sender.</summary>
    public (long Sequence, Answered Answer)? Find(Guid sender) =>
        IndexOf(sender) is >= 0 and var index ? (_origins![index].Sequence, _origins[index].Answer) : null;

    /// <summary>The keys and requests that are remembered and settled, for the channel's next owner.</summary>
    public LoggedPublish[] Snapshot() =>
    [
        .. (_keys ?? []).Where(x => x.Value.Answer.Settled.IsCompletedSuccessfully).Select(x => new LoggedPublish(
            x.Value.Answer.FirstOffset,
            x.Value.Answer.Count,
            x.Value.Answer.TimeMs,
            null,
            [new KeyedPublish(x.Key, x.Value.Fingerprint, x.Value.Answer.FirstOffset, x.Value.Answer.Count)])).OrderBy(x => x.FirstOffset),
        .. (_origins ?? []).Where(x => x.Answer.Settled.IsCompletedSuccessfully).Select(x => new LoggedPublish(
            x.Answer.FirstOffset, x.Answer.Count, x.Answer.TimeMs, new PublishOrigin(x.Sender, x.Sequence), null)),
    ];

    /// <summary>A number that differs where bodies or types differ.</summary>
    public static UInt128 Fingerprint(ReadOnlySpan<MessageDraft> messages)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> lengths = stackalloc byte[8];
        foreach (var (type, body) in messages)
        {
            var typeBytes = type is null ? [] : Encoding.UTF8.GetBytes(type);
            BinaryPrimitives.WriteInt32LittleEndian(lengths, type is null ? -1 : typeBytes.Length);
            BinaryPrimitives.WriteInt32LittleEndian(lengths[4..], body.Length);
            hash.AppendData(lengths);
            hash.AppendData(typeBytes);
            hash.AppendData(body);
        }

        Span<byte> result = stackalloc byte[32];
        hash.GetHashAndReset(result);
        return BinaryPrimitives.ReadUInt128LittleEndian(result);
    }

    private void Remember(long firstOffset, int count, long timeMs, PublishOrigin? origin, KeyedPublish[]? keys, Task settled)
    {
        foreach (var key in keys ?? [])
        {
            (_keys ??= new(StringComparer.Ordinal))[key.Key] = (key.Fingerprint, new Answered(key.FirstOffset, key.Count, timeMs, settled));
            (_oldestKeys ??= []).Enqueue((key.Key, key.FirstOffset, timeMs));
        }

        if (origin is not null)
        {
            ForgetOldOrigins(timeMs);
            var known = (origin.Sender, origin.Sequence, new Answered(firstOffset, count, timeMs, settled));
            if (IndexOf(origin.Sender) is >= 0 and var index)
            {
                _origins![index] = known;
            }
            else
            {
                (_origins ??= new(1)).Add(known);
            }
        }
    }

    private void ForgetKey(string key, long firstOffset, long timeMs)
    {
        // Not one that was published anew since.
        if (_keys!.TryGetValue(key, out var known) && known.Answer.FirstOffset == firstOffset && known.Answer.TimeMs == timeMs)
        {
            _keys.Remove(key);
        }
    }

    private void ForgetOldOrigins(long nowMs)
    {
        if (nowMs - _originsCheckedMs < OriginAgeMs)
        {
            return;
        }

        _originsCheckedMs = nowMs;
        _origins?.RemoveAll(x => x.Answer.TimeMs < nowMs - OriginAgeMs);
    }

    private int IndexOf(Guid sender)
    {
        for (var i = 0; i < _origins?.Count; i++)
        {
            if (_origins[i].Sender == sender)
            {
                return i;
            }
        }

        return -1;
    }
}
