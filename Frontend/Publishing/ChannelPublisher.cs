using OrleansGateway.Channels;

namespace OrleansGateway.Publishing;

/// <summary>
/// What this node publishes to one channel: while a call to the channel's grain is under way, the publishes that come are
/// collected for the next. So the channel sees few calls however many publishers there are, and each publisher's messages
/// in the order in which it sent them.
/// </summary>
/// <param name="call">Calls the channel's grain.</param>
internal sealed class ChannelPublisher(Func<PublishRequest, Task<PublishResult>> call)
{
    private const int MaxMessagesACall = 512;
    private const int MaxBytesACall = 256 * 1024;

    private readonly Queue<PendingPublish> _waiting = [];
    private readonly List<PendingPublish> _call = [];
    private bool _calling;
    private bool _over;

    /// <summary>Adds a publish.</summary>
    /// <param name="publication">What to publish.</param>
    /// <param name="run">Whether the caller has to run <see cref="Send"/>.</param>
    /// <returns>The publish, which ends with the channel's answer to it; null where this one is over: the next publish needs a new one.</returns>
    public PendingPublish? TryAdd(in Publication publication, out bool run)
    {
        var waiting = new PendingPublish(publication);
        lock (_waiting)
        {
            if (_over)
            {
                run = false;
                return null;
            }

            _waiting.Enqueue(waiting);
            run = !_calling;
            _calling = true;
            return waiting;
        }
    }

    /// <summary>Publishes until nothing waits, and is over then: two of them at once for one channel would mix up the order.</summary>
    public async Task Send()
    {
        while (TakeCall())
        {
            try
            {
                var result = await call(Request());
                for (var i = 0; i < _call.Count; i++)
                {
                    _call[i].Complete(
                        result.Groups?[i]
                        ?? (result.Status == PublishStatus.Accepted ? result with { FirstOffset = result.FirstOffset + i } : result));
                }
            }
            catch (Exception exception)
            {
                foreach (var waiting in _call)
                {
                    waiting.Fail(exception);
                }
            }
        }
    }

    // Single messages without keys need no groups: the n-th has the n-th offset.
    private PublishRequest Request()
    {
        var (count, grouped) = (0, false);
        foreach (var waiting in _call)
        {
            count += waiting.Publication.Count;
            grouped |= waiting.Publication.Batch is not null || waiting.Publication.Key is not null;
        }

        var drafts = new MessageDraft[count];
        var groups = grouped ? new PublishGroup[_call.Count] : null;
        var next = 0;
        for (var i = 0; i < _call.Count; i++)
        {
            var publication = _call[i].Publication;
            if (publication.Batch is { } batch)
            {
                batch.CopyTo(drafts, next);
            }
            else
            {
                drafts[next] = publication.Message;
            }

            next += publication.Count;
            groups?[i] = new PublishGroup(publication.Count, publication.Key);
        }

        return new PublishRequest(drafts, Groups: groups);
    }

    private bool TakeCall()
    {
        _call.Clear();
        lock (_waiting)
        {
            var (bytes, messages) = (0L, 0);
            while (messages < MaxMessagesACall && _waiting.TryPeek(out var next)
                && (_call.Count == 0 || (bytes + next.Bytes <= MaxBytesACall && messages + next.Count <= MaxMessagesACall)))
            {
                _waiting.Dequeue();
                if (next.TryTake())
                {
                    _call.Add(next);
                    bytes += next.Bytes;
                    messages += next.Count;
                }
            }

            _over = _call.Count == 0;
            return !_over;
        }
    }

}

/// <summary>A publish that has no answer yet.</summary>
internal sealed class PendingPublish(in Publication publication)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private readonly TaskCompletionSource<PublishResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    /// <summary>Ends with the channel's answer.</summary>
    public Task<PublishResult> Answer => _answer.Task;

    /// <summary>What is published; nothing any more where it was withdrawn.</summary>
    public Publication Publication { get; private set; } = publication;

    /// <summary>How many messages it has.</summary>
    public int Count { get; } = publication.Count;

    /// <summary>How large they are.</summary>
    public long Bytes { get; } = publication.Batch?.Sum(x => (long)x.Body.Length) ?? publication.Message.Body.Length;

    /// <summary>Takes it out of the queue, to publish it.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Gives it up while it waits: then it is certainly not published, and holds no memory.</summary>
    public bool TryWithdraw()
    {
        if (Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) != Waiting)
        {
            return false;
        }

        Publication = default;
        return true;
    }

    public void Complete(in PublishResult result) => _answer.SetResult(result);

    public void Fail(Exception exception)
    {
        _answer.TrySetException(exception);

        // Whoever waited may have given up.
        _ = _answer.Task.Exception;
    }
}

/// <summary>What one publisher publishes at once.</summary>
/// <param name="Message">The message, where it is no batch.</param>
/// <param name="Batch">Messages that go together: all of them or none, with nothing between; null for a single one.</param>
/// <param name="Key">The idempotency key, or null.</param>
internal readonly record struct Publication(MessageDraft Message, MessageDraft[]? Batch = null, string? Key = null)
{
    /// <summary>How many messages it has.</summary>
    public int Count => Batch?.Length ?? 1;

    /// <summary>How many bytes its bodies have.</summary>
    public long Bytes => Batch?.Sum(x => (long)x.Body.Length) ?? Message.Body.Length;
}
