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
    private Outbox[] _outboxes = [];

    public IReadOnlyList<Outbox> Outboxes => _outboxes;

    public void Add(Outbox outbox)
    {
        Remove(outbox.Subscription);
        _outboxes = [.. _outboxes, outbox];
        source?.OnSubscribersChanged(_outboxes.Length);
    }

    public Outbox? Find(Guid subscription) => Array.Find(_outboxes, x => x.Subscription == subscription);

    public void Remove(Guid subscription)
    {
        if (Find(subscription) is { } outbox)
        {
            outbox.Close();
            _outboxes = Array.FindAll(_outboxes, x => x != outbox);
            source?.OnSubscribersChanged(_outboxes.Length);
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

    /// <summary>Ends when each subscriber has taken all, but for those that take nothing.</summary>
    public Task WaitUntilTaken() => Task.WhenAll(_outboxes.Select(x => x.WaitUntilTaken()));

    /// <summary>Forgets subscriptions whose leases ended.</summary>
    public void Prune()
    {
        var before = _outboxes.Length;
        _outboxes = Array.FindAll(_outboxes, x => !x.IsClosed);
        if (_outboxes.Length < before)
        {
            source?.OnSubscribersChanged(_outboxes.Length);
        }
    }

    private async Task WaitForRoom()
    {
        while (Array.Find(_outboxes, x => x.IsFull) is { } outbox)
        {
            await outbox.WaitForRoom();
        }
    }
}
