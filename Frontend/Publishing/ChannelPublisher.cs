using OrleansGateway.Channels;

namespace OrleansGateway.Publishing;

/// <summary>
/// What this node publishes to one channel: while a call to the channel's grain is under way, the publishes that come are
/// collected for the next. So the channel sees few calls however many publishers there are, and each publisher's messages
/// in the order in which it sent them.
/// </summary>
/// <param name="calls">Calls the channels' grains.</param>
/// <param name="channel">The channel's name.</param>
internal sealed class ChannelPublisher(IChannelCalls calls, string channel)
{
    private const int MaxMessagesACall = 512;
    private const int MaxBytesACall = 256 * 1024;

    // So many, and then the channel's other callers have their turn.
    private const int MaxCallsATurn = 16;

    private readonly Lock _lock = new();

    // Those that wait, and those of the call under way, each a chain.
    private PendingPublish? _first;
    private PendingPublish? _last;
    private PendingPublish? _call;
    private int _callCount;
    private bool _calling;
    private bool _over;
    private IPresentChannel? _present;

    /// <summary>The channel's name.</summary>
    public string Channel => channel;

    /// <summary>Adds a publish.</summary>
    /// <param name="publish">What to publish.</param>
    /// <param name="run">Whether the caller has to call <see cref="Send"/>.</param>
    /// <returns>False where this one is over: the next publish needs a new one.</returns>
    public bool TryAdd(PendingPublish publish, out bool run)
    {
        lock (_lock)
        {
            if (_over)
            {
                run = false;
                return false;
            }

            if (_last is null)
            {
                _first = publish;
            }
            else
            {
                _last.Next = publish;
            }

            _last = publish;
            run = !_calling;
            _calling = true;
            return true;
        }
    }

    /// <summary>
    /// Publishes until nothing waits, and is over then: two of them at once for one channel would mix up the order. Where the
    /// channel's grain is in this process it does so in the grain's context, and no call is a message.
    /// </summary>
    public void Send()
    {
        _present = calls.Find(channel);
        if (_present is null)
        {
            _ = SendAll();
        }
        else
        {
            _present.Run(static x => _ = ((ChannelPublisher)x).SendAll(), this);
        }
    }

    private async Task SendAll()
    {
        for (var sent = 1; _present is not { IsOpen: false }; sent++)
        {
            if (sent % MaxCallsATurn == 0)
            {
                await Task.Yield();
            }

            if (!TakeCall())
            {
                calls.Over(this);
                return;
            }

            try
            {
                var request = Request();
                Complete(_present is null ? await calls.Call(channel, request) : await Take(_present, request));
            }
            catch (Exception exception)
            {
                for (var publish = _call; publish is not null; publish = publish.Next)
                {
                    publish.Fail(exception);
                }
            }
        }

        // Out of the context of a grain that leaves.
        ThreadPool.UnsafeQueueUserWorkItem(static x => x.Send(), this, preferLocal: false);
    }

    private ValueTask<PublishResult> Take(IPresentChannel present, PublishRequest request)
    {
        var taken = present.Take(request);
        return taken.IsCompletedSuccessfully ? taken : Wait();

        async ValueTask<PublishResult> Wait()
        {
            bool again;
            try
            {
                return await taken;
            }
            catch (Exception exception) when (exception is not ChannelLostException)
            {
                // Who says that it moved has not lost it.
                again = exception is not ChannelMovedException;
            }

            return await Task.Run(() => calls.Call(channel, request, again));
        }
    }

    /// <summary>Finds those that came before a time.</summary>
    public void FindOlder(long than, List<PendingPublish> found)
    {
        lock (_lock)
        {
            Find(_call);
            Find(_first);
        }

        // They came one after the other.
        void Find(PendingPublish? publish)
        {
            for (; publish is not null && publish.Begun < than; publish = publish.Next)
            {
                if (!publish.IsEnded)
                {
                    found.Add(publish);
                }
            }
        }
    }

    private void Complete(in PublishResult result)
    {
        var i = 0;
        for (var publish = _call; publish is not null; publish = publish.Next, i++)
        {
            publish.Complete(
                result.Groups?[i]
                ?? (result.Status == PublishStatus.Accepted ? result with { FirstOffset = result.FirstOffset + i } : result));
        }
    }

    // Single messages without keys need no groups: the n-th has the n-th offset.
    private PublishRequest Request()
    {
        var (count, grouped) = (0, false);
        for (var publish = _call; publish is not null; publish = publish.Next)
        {
            var publication = publish.Publication;
            count += publish.Count;
            grouped |= publication.Batch is not null || publication.Key is not null;
        }

        var drafts = new MessageDraft[count];
        var groups = grouped ? new PublishGroup[_callCount] : null;
        var (next, i) = (0, 0);
        for (var publish = _call; publish is not null; publish = publish.Next, i++)
        {
            var publication = publish.Publication;
            if (publication.Batch is { } batch)
            {
                batch.CopyTo(drafts, next);
            }
            else
            {
                drafts[next] = publication.Message;
            }

            next += publish.Count;
            groups?[i] = new PublishGroup(publish.Count, publication.Key);
        }

        return new PublishRequest(drafts, Groups: groups, Origin: calls.NextOrigin());
    }

    private bool TakeCall()
    {
        lock (_lock)
        {
            PendingPublish? last = null;
            (_call, _callCount) = (null, 0);
            var (bytes, messages) = (0L, 0);
            while (messages < MaxMessagesACall && _first is { } next
                && (_call is null || (bytes + next.Bytes <= MaxBytesACall && messages + next.Count <= MaxMessagesACall)))
            {
                _first = next.Next;
                next.Next = null;
                if (next.TryTake())
                {
                    _ = last is null ? _call = next : last.Next = next;
                    last = next;
                    _callCount++;
                    bytes += next.Bytes;
                    messages += next.Count;
                }
            }

            _last = _first is null ? null : _last;
            _over = _call is null;
            return !_over;
        }
    }
}
