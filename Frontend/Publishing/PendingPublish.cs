using OrleansGateway.Channels;

namespace OrleansGateway.Publishing;

/// <summary>A publish that has no answer yet. It ends once: answered, failed, or given up by <see cref="TryEnd"/>.</summary>
/// <param name="publication">What to publish.</param>
/// <param name="begun">When it came, by the clock's time stamps.</param>
internal abstract class PendingPublish(in Publication publication, long begun)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Ended = 2;

    private int _state;

    /// <summary>The one behind it. Of its <see cref="ChannelPublisher"/> alone.</summary>
    public PendingPublish? Next { get; set; }

    /// <summary>When it came, by the clock's time stamps.</summary>
    public long Begun => begun;

    /// <summary>What is published; nothing any more where it was given up before it was taken.</summary>
    public Publication Publication { get; private set; } = publication;

    /// <summary>How many messages it has.</summary>
    public int Count { get; } = publication.Count;

    /// <summary>How large they are.</summary>
    public long Bytes { get; } = publication.Bytes;

    /// <summary>Whether it has ended.</summary>
    public bool IsEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>Takes it out of the queue, to publish it.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Gives it up. No answer that comes later is told.</summary>
    /// <param name="wasTaken">False: it waited still, and is certainly not published.</param>
    /// <returns>Whether it had not ended.</returns>
    public bool TryEnd(out bool wasTaken)
    {
        var before = Interlocked.Exchange(ref _state, Ended);
        wasTaken = before == Taken;
        if (before == Waiting)
        {
            // It may wait for long yet to be passed over; its bytes need not.
            Publication = default;
        }

        return before != Ended;
    }

    /// <summary>Ends it with the channel's answer.</summary>
    public void Complete(in PublishResult result)
    {
        if (TryEnd(out _))
        {
            OnAnswered(result);
        }
    }

    /// <summary>Ends it without one.</summary>
    public void Fail(Exception exception)
    {
        if (TryEnd(out _))
        {
            OnFailed(exception);
        }
    }

    protected abstract void OnAnswered(in PublishResult result);

    protected abstract void OnFailed(Exception exception);
}
