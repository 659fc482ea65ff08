namespace OrleansGateway.Streams;

/// <summary>A grain that produces a stream and wants to know whether anybody listens.</summary>
internal interface IStreamSource
{
    /// <summary>The number of subscriptions changed.</summary>
    void OnSubscribersChanged(int count);
}

/// <summary>The subscriptions of one stream, beside the grain that produces it and in its context.</summary>
internal sealed class Publication(IStreamSource? source)
{
    private readonly List<Outbox> _outboxes = new(1);

    public IReadOnlyList<Outbox> Outboxes => _outboxes;

    public void Add(Outbox outbox)
    {
        Remove(outbox.Subscription);
        _outboxes.Add(outbox);
        source?.OnSubscribersChanged(_outboxes.Count);
    }

    public void Remove(Guid subscription)
    {
        if (_outboxes.FindIndex(x => x.Subscription == subscription) is >= 0 and var index)
        {
            _outboxes[index].Close();
            _outboxes.RemoveAt(index);
            source?.OnSubscribersChanged(_outboxes.Count);
        }
    }

    public Task Publish(object item)
    {
        var (full, closed) = (false, false);
        foreach (var outbox in _outboxes)
        {
            if (outbox.IsClosed)
            {
                closed = true;
                continue;
            }

            outbox.Add(item);
            full |= outbox.IsFull;
        }

        if (closed)
        {
            Prune();
        }

        return full ? WaitForRoom() : Task.CompletedTask;
    }

    /// <summary>Forgets subscriptions whose leases ended.</summary>
    public void Prune()
    {
        if (_outboxes.RemoveAll(x => x.IsClosed) > 0)
        {
            source?.OnSubscribersChanged(_outboxes.Count);
        }
    }

    private async Task WaitForRoom()
    {
        while (_outboxes.Find(x => x.IsFull) is { } outbox)
        {
            await outbox.WaitForRoom();
        }
    }
}
