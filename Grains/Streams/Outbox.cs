using OrleansGateway.Metrics;

namespace OrleansGateway.Streams;

/// <summary>
/// What waits for one subscriber: one acknowledged call at a time, and everything that came meanwhile goes together with
/// the next. A subscriber in this process is called on the thread pool, without a message, and has its next call from there;
/// only who adds is in the context of the grain that produces the stream.
/// </summary>
/// <param name="subscription">The subscription.</param>
/// <param name="holder">The process that holds it.</param>
/// <param name="consumer">What takes the items.</param>
/// <param name="time">The clock.</param>
/// <param name="isPresent">Whether the consumer is this process's own object: then no answer can be lost, and it may take its time.</param>
internal sealed class Outbox(Guid subscription, Guid holder, IStreamConsumer consumer, TimeProvider time, bool isPresent = false) : IThreadPoolWorkItem
{
    /// <summary>From here on the producer is asked to wait, as long as the subscriber takes anything.</summary>
    internal const int SoftLimitBytes = 1024 * 1024;

    /// <summary>From here on the oldest items are dropped: the subscriber sees the hole and reads what is missing.</summary>
    internal const int HardLimitBytes = 4 * SoftLimitBytes;

    /// <summary>The most that goes in one call.</summary>
    private const int CallBytes = 64 * 1024;

    /// <summary>
    /// The producer is asked to wait, too, when something has waited for so long behind a call: what a node takes at once is bounded by the time that it
    /// needs, however many its clients are. So a producer that is faster than a node's deliveries does not run ahead of them.
    /// </summary>
    internal static readonly TimeSpan MaxLag = TimeSpan.FromMilliseconds(2);

    /// <summary>The same in this process, where no network adds to it.</summary>
    private static readonly TimeSpan MaxLagHere = TimeSpan.FromMilliseconds(0.5);

    /// <summary>A subscriber that takes nothing for this long is not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(1);

    /// <summary>A call without an answer for this long counts as lost: the answer to a grain that has just moved can be.</summary>
    private static readonly TimeSpan MinAnswerTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Each time it doubles up to here, so that few calls pile up at a subscriber that is only slow.</summary>
    private static readonly TimeSpan MaxAnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private Queue<object>? _items;
    private List<object>? _call;
    private int _waitingBytes;
    private int _callBytes;
    private bool _sending;
    private bool _lagging;
    private long _lastProgress;
    private long _waitingSince;
    private TaskCompletionSource? _progress;
    private volatile bool _closed;

    public Guid Subscription => subscription;

    public Guid Holder => holder;

    public IStreamConsumer Consumer => consumer;

    public bool IsClosed => _closed;

    /// <summary>Whether the producer should wait for it.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return !_closed && !_lagging
                    && (_waitingBytes + _callBytes > SoftLimitBytes || (_items is { Count: > 0 } && time.GetElapsedTime(_waitingSince) > (isPresent ? MaxLagHere : MaxLag)));
            }
        }
    }

    /// <summary>Ends it; may be called from any context.</summary>
    public void Close() => _closed = true;

    public void Add(object item)
    {
        lock (_lock)
        {
            _items ??= [];
            if (_items.Count == 0)
            {
                _waitingSince = time.GetTimestamp();
            }

            _items.Enqueue(item);
            _waitingBytes += SizeOf(item);
            while (_waitingBytes > HardLimitBytes && _items.Count > 1)
            {
                _waitingBytes -= SizeOf(_items.Dequeue());
            }

            if (_sending)
            {
                return;
            }

            _sending = true;
            _lastProgress = time.GetTimestamp();
        }

        if (isPresent)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
        else
        {
            _ = Send();
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = Send();

    /// <summary>Ends when there is room, or when it has taken nothing for so long that nobody should wait for it.</summary>
    public Task WaitForRoom() => WaitWhile(static outbox => outbox.IsFull);

    /// <summary>Ends when the subscriber has taken all, or nothing for so long that nobody should wait for it.</summary>
    public Task WaitUntilTaken() => WaitWhile(static outbox => outbox is { _closed: false, _lagging: false } and ({ _items.Count: > 0 } or { _call.Count: > 0 }));

    private async Task WaitWhile(Func<Outbox, bool> isSo)
    {
        while (true)
        {
            Task progress;
            TimeSpan left;
            lock (_lock)
            {
                if (!isSo(this))
                {
                    return;
                }

                left = Patience - time.GetElapsedTime(_lastProgress);
                if (left <= TimeSpan.Zero)
                {
                    _lagging = true;
                    return;
                }

                progress = (_progress ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await Task.WhenAny(progress, Task.Delay(left, time));
        }
    }

    private async Task Send()
    {
        var (backoff, answerTimeout) = (MinBackoff, MinAnswerTimeout);
        while (TakeCall() is { } items)
        {
            try
            {
                var call = consumer.Deliver(subscription, items);
                await (isPresent ? call : call.WaitAsync(answerTimeout, time));
                GatewayMeter.StreamDeliveries.Add();
                Delivered();
                (backoff, answerTimeout) = (MinBackoff, MinAnswerTimeout);
            }
            catch (Exception)
            {
                GatewayMeter.StreamRetries.Add();

                // Whatever it is, only two things help: trying again, and the end of the lease.
                await Task.Delay(backoff, time);
                backoff = backoff * 2 < MaxBackoff ? backoff * 2 : MaxBackoff;
                answerTimeout = answerTimeout * 2 < MaxAnswerTimeout ? answerTimeout * 2 : MaxAnswerTimeout;
            }
        }
    }

    private StreamItems? TakeCall()
    {
        lock (_lock)
        {
            _call ??= [];
            if (_closed || (_call.Count == 0 && _items!.Count == 0))
            {
                _sending = false;
                return null;
            }

            // What failed goes again as it was: the subscriber knows by its numbers what it has taken.
            while (_items!.TryPeek(out var next) && (_call.Count == 0 || _callBytes + SizeOf(next) <= CallBytes))
            {
                var size = SizeOf(_items.Dequeue());
                _call.Add(next);
                _waitingBytes -= size;
                _callBytes += size;
            }

            return new StreamItems([.. _call]);
        }
    }

    private void Delivered()
    {
        TaskCompletionSource? progress;
        lock (_lock)
        {
            _call!.Clear();
            _callBytes = 0;
            _lagging = false;
            _lastProgress = _waitingSince = time.GetTimestamp();
            (progress, _progress) = (_progress, null);
        }

        progress?.SetResult();
    }

    private static int SizeOf(object item) => item is ISizedItem sized ? sized.SizeBytes : 64;
}
