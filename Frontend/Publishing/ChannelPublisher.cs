using OrleansGateway.Channels;

namespace OrleansGateway.Publishing;

/// <summary>
/// What this node publishes to one channel: while a call to the channel's grain is under way, the messages that come are
/// collected for the next. So the channel sees few calls however many publishers there are, and each publisher's messages
/// in the order in which it sent them.
/// </summary>
internal sealed class ChannelPublisher(IChannelGrain channel)
{
    private const int MaxMessagesACall = 512;
    private const int MaxBytesACall = 256 * 1024;

    private readonly Queue<Waiting> _waiting = [];
    private readonly List<Waiting> _call = [];
    private bool _calling;

    /// <summary>Adds a message.</summary>
    /// <param name="draft">The message.</param>
    /// <param name="answer">Ends with the channel's answer to it.</param>
    /// <returns>Whether the caller has to run <see cref="Send"/>.</returns>
    public bool Add(MessageDraft draft, out Task<PublishResult> answer)
    {
        var waiting = new Waiting(draft);
        answer = waiting.Answer.Task;
        lock (_waiting)
        {
            _waiting.Enqueue(waiting);
            return !_calling && (_calling = true);
        }
    }

    /// <summary>Publishes until nothing waits.</summary>
    public async Task Send()
    {
        while (TakeCall())
        {
            try
            {
                var drafts = new MessageDraft[_call.Count];
                for (var i = 0; i < drafts.Length; i++)
                {
                    drafts[i] = _call[i].Draft;
                }

                var result = await channel.Publish(new PublishRequest(drafts));
                for (var i = 0; i < drafts.Length; i++)
                {
                    _call[i].Answer.SetResult(result with { FirstOffset = result.FirstOffset + i });
                }
            }
            catch (Exception exception)
            {
                foreach (var waiting in _call)
                {
                    waiting.Answer.SetException(exception);
                }
            }
        }
    }

    private bool TakeCall()
    {
        _call.Clear();
        lock (_waiting)
        {
            var bytes = 0;
            while (_call.Count < MaxMessagesACall && _waiting.TryPeek(out var next)
                && (_call.Count == 0 || bytes + next.Draft.Body.Length <= MaxBytesACall))
            {
                _call.Add(_waiting.Dequeue());
                bytes += next.Draft.Body.Length;
            }

            return _calling = _call.Count > 0;
        }
    }

    private sealed class Waiting(MessageDraft draft)
    {
        public MessageDraft Draft => draft;

        public TaskCompletionSource<PublishResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
