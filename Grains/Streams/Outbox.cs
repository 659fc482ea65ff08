using OrleansGateway.Metrics;

namespace OrleansGateway.Streams;

/// <summary>
/// What waits for one subscriber: one acknowledged call at a time, and everything that came meanwhile goes together with
/// the next. It lives in the context of the grain that produces the stream, so it needs no lock.
/// </summary>
internal sealed class Outbox(Guid subscription, Guid holder, IStreamConsumer consumer, TimeProvider time)
{
    /// <summary>From here on the producer is asked to wait, as long as the subscriber takes anything.</summary>
    internal const int SoftLimitBytes = 1024 * 1024;

    /// <summary>From here on the oldest items are dropped: the subscriber sees the hole and reads what is missing.</summary>
    internal const int HardLimitBytes = 4 * SoftLimitBytes;

    /// <summary>The most that goes in one call.</summary>
    private const int CallBytes = 64 * 1024;

    /// <summary>A subscriber that takes nothing for this long is not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(1);

    /// <summary>A call without an answer for this long counts as lost: the answer to a grain that has just moved can be.</summary>
    private static readonly TimeSpan MinAnswerTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Each time it doubles up to here, so that few calls pile up at a subscriber that is only slow.</summary>
    private static readonly TimeSpan MaxAnswerTimeout = TimeSpan.FromSeconds(30);

    private Queue<object>? _items;
    private List<object>? _call;
    private int _waitingBytes;
    private int _callBytes;
    private bool _sending;
    private bool _lagging;
    private long _lastProgress;
    private TaskCompletionSource? _progress;
    private volatile bool _closed;

    public Guid Subscription => subscription;

    public Guid Holder => holder;

    public IStreamConsumer Consumer => consumer;

    public bool IsClosed => _closed;

    /// <summary>Whether the producer should wait for it.</summary>
    public bool IsFull => !_closed && !_lagging && _waitingBytes + _callBytes > SoftLimitBytes;

    /// <summary>Ends it; may be called from any context.</summary>
    public void Close() => _closed = true;

    public void Add(object item)
    {
        (_items ??= []).Enqueue(item);
        _waitingBytes += SizeOf(item);
        while (_waitingBytes > HardLimitBytes && _items.Count > 1)
        {
            _waitingBytes -= SizeOf(_items.Dequeue());
        }

        if (!_sending)
        {
            _sending = true;
            _lastProgress = time.GetTimestamp();
            _ = Send();
        }
    }

    /// <summary>Ends when there is room, or when it has taken nothing for so long that nobody should wait for it.</summary>
    public async Task WaitForRoom()
    {
        while (IsFull)
        {
            var left = Patience - time.GetElapsedTime(_lastProgress);
            if (left <= TimeSpan.Zero)
            {
                _lagging = true;
                return;
            }

            _progress ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await Task.WhenAny(_progress.Task, Task.Delay(left, time));
        }
    }

    private async Task Send()
    {
        var (backoff, answerTimeout) = (MinBackoff, MinAnswerTimeout);
        var items = _items!;
        _call ??= [];
        while (!_closed && (_call.Count > 0 || items.Count > 0))
        {
            // What failed goes again as it was: the subscriber knows by its numbers what it has taken.
            while (items.TryPeek(out var next) && (_call.Count == 0 || _callBytes + SizeOf(next) <= CallBytes))
            {
                var size = SizeOf(items.Dequeue());
                _call.Add(next);
                _waitingBytes -= size;
                _callBytes += size;
            }

            try
            {
                await consumer.Deliver(subscription, new StreamItems([.. _call])).WaitAsync(answerTimeout, time);
                GatewayMeter.StreamDeliveries.Add();
                _call.Clear();
                _callBytes = 0;
                _lagging = false;
                _lastProgress = time.GetTimestamp();
                (backoff, answerTimeout) = (MinBackoff, MinAnswerTimeout);
                _progress?.TrySetResult();
                _progress = null;
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

        _sending = false;
    }

    private static int SizeOf(object item) => item is ISizedItem sized ? sized.SizeBytes : 64;
}
