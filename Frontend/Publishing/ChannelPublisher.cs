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

    private readonly Queue<Waiting> _waiting = [];
    private readonly List<Waiting> _call = [];
    private bool _calling;
    private bool _over;

    /// <summary>Adds a publish.</summary>
    /// <param name="publication">What to publish.</param>
    /// <param name="run">Whether the caller has to run <see cref="Send"/>.</param>
    /// <returns>Ends with the channel's answer to it; null where this one is over: the next publish needs a new one.</returns>
    public Task<PublishResult>? TryAdd(in Publication publication, out bool run)
    {
        var waiting = new Waiting(publication);
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
            return waiting.Answer.Task;
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
                    _call[i].Answer.SetResult(
                        result.Groups?[i]
                        ?? (result.Status == PublishStatus.Accepted ? result with { FirstOffset = result.FirstOffset + i } : result));
                }
            }
            catch (Exception exception)
            {
                foreach (var waiting in _call)
                {
                    waiting.Answer.TrySetException(exception);
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
                && (_call.Count == 0 || (bytes + next.Bytes <= MaxBytesACall && messages + next.Publication.Count <= MaxMessagesACall)))
            {
                _call.Add(_waiting.Dequeue());
                bytes += next.Bytes;
                messages += next.Publication.Count;
            }

            _over = _call.Count == 0;
            return !_over;
        }
    }

    private sealed class Waiting(in Publication publication)
    {
        public Publication Publication { get; } = publication;

        public long Bytes { get; } = publication.Batch?.Sum(x => (long)x.Body.Length) ?? publication.Message.Body.Length;

        public TaskCompletionSource<PublishResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
}
