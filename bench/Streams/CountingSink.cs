using System.Buffers.Binary;
using System.Diagnostics;
using OrleansGateway.Channels;

namespace OrleansGateway.Bench.Streams;

/// <summary>Counts messages, and looks at their order and at how old they are: their first 8 bytes are when they were published (<see cref="Stopwatch"/>).</summary>
internal sealed class CountingSink : IChannelSink, IBatchObserver
{
    // Microseconds, up to a second.
    private readonly int[] _ages = new int[1_000_001];
    private long _last;

    public long Count { get; private set; }

    /// <summary>How many were missing or came twice.</summary>
    public long Faults { get; private set; }

    /// <summary>When the last one came.</summary>
    public long LastTimestamp { get; private set; }

    /// <summary>Begins to count anew.</summary>
    public void Reset()
    {
        Array.Clear(_ages);
        (Count, Faults, _last) = (0, 0, 0);
    }

    /// <summary>A quantile of the ages, in ms.</summary>
    public double Age(double quantile)
    {
        var left = (long)(Count * quantile);
        for (var i = 0; i < _ages.Length; i++)
        {
            if ((left -= _ages[i]) < 0)
            {
                return i / 1000.0;
            }
        }

        return double.NaN;
    }

    public ValueTask OnMessages(MessageBatch batch, long after)
    {
        Take(batch, after);
        return ValueTask.CompletedTask;
    }

    public ValueTask OnEpoch(MessageId before, bool deleted)
    {
        Faults++;
        return ValueTask.CompletedTask;
    }

    public ValueTask OnGap(MessageId after, MessageId resumed)
    {
        Faults++;
        return ValueTask.CompletedTask;
    }

    public Task Take(Batches batches)
    {
        foreach (var batch in batches.Items)
        {
            Take(batch, 0);
        }

        return Task.CompletedTask;
    }

    private void Take(MessageBatch batch, long after)
    {
        LastTimestamp = Stopwatch.GetTimestamp();
        foreach (var message in batch)
        {
            if (message.Offset > after)
            {
                Faults += _last > 0 && message.Offset != _last + 1 ? 1 : 0;
                _last = message.Offset;
                Count++;
                var age = Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(message.Body.Span), LastTimestamp);
                _ages[Math.Clamp((int)age.TotalMicroseconds, 0, _ages.Length - 1)]++;
            }
        }
    }
}
