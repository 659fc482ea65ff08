namespace OrleansGateway.Channels;

/// <summary>The newest messages of a channel in memory, in the batches in which they were published.</summary>
/// <param name="retention">The channel's limits, as they are now.</param>
/// <param name="isKeptElsewhere">Whether the log keeps the messages: then memory holds only those that most readers ask for.</param>
internal sealed class ChannelHistory(Func<RetentionLimits> retention, bool isKeptElsewhere = false)
{
    private const int RecentMessages = 1024;
    private const int RecentBytes = 256 * 1024;

    private static readonly List<MessageBatch> None = [];

    // A deque: what expires goes from the front, readers find their place by bisection. A channel without messages has none of its own.
    private List<MessageBatch> _batches = None;
    private int _first;
    private long _bytes;

    /// <summary>The newest offset, 0 where nothing was published.</summary>
    public long Newest { get; private set; }

    /// <summary>The oldest offset that is kept; one above <see cref="Newest"/> where nothing is.</summary>
    public long Oldest => _first < _batches.Count ? _batches[_first].FirstOffset : Newest + 1;

    /// <summary>How many bytes are kept.</summary>
    public long Bytes => _bytes;

    private int MaxMessages => isKeptElsewhere ? RecentMessages : retention().Messages;

    private long MaxBytes => isKeptElsewhere ? RecentBytes : retention().Bytes;

    public void Append(MessageBatch batch, long nowMs)
    {
        (_batches == None ? _batches = new List<MessageBatch>(1) : _batches).Add(batch);
        _bytes += batch.Data.Length;
        Newest = batch.LastOffset;
        Trim(nowMs);
    }

    /// <summary>Takes over what another history kept.</summary>
    public void Restore(long newest, IReadOnlyList<MessageBatch> batches)
    {
        _batches = batches.Count == 0 ? None : [.. batches];
        _bytes = batches.Sum(x => (long)x.Data.Length);
        Newest = newest;
    }

    /// <summary>Batches from the one that holds <paramref name="after"/> + 1 (or the oldest kept), about <paramref name="maxBytes"/> of them, at least one.</summary>
    public MessageBatch[] Read(long after, int maxBytes)
    {
        var (low, high) = (_first, _batches.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _batches[middle].LastOffset <= after ? (middle + 1, high) : (low, middle);
        }

        var end = low;
        for (var bytes = 0L; end < _batches.Count; end++)
        {
            bytes += _batches[end].Data.Length;
            if (bytes > maxBytes && end > low)
            {
                break;
            }
        }

        return [.. _batches[low..end]];
    }

    /// <summary>Drops whole batches that are above a limit or too old.</summary>
    public void Trim(long nowMs)
    {
        var oldest = nowMs - (long)retention().Age.TotalMilliseconds;
        while (_first < _batches.Count
            && (Newest - _batches[_first].LastOffset >= MaxMessages
                || (_bytes - _batches[_first].Data.Length >= MaxBytes && _first < _batches.Count - 1)
                || _batches[_first].TimeMs < oldest))
        {
            _bytes -= _batches[_first].Data.Length;
            _batches[_first++] = null!;
        }

        if (_first > 64 && _first > _batches.Count / 2)
        {
            _batches.RemoveRange(0, _first);
            _first = 0;
        }
    }
}
