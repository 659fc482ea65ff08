using System.Collections.Concurrent;

namespace OrleansGateway.Streams;

/// <summary>All streams that are produced in this silo, and the leases of those who consume them.</summary>
internal sealed class StreamHost(TimeProvider time) : IStreamPublisher
{
    /// <summary>A consumer that does not renew for this long is forgotten.</summary>
    internal static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<StreamId, Publication> _publications = new();
    private readonly Dictionary<Guid, Holder> _holders = [];
    private readonly Lock _lock = new();
    private long _lastSweep;

    // One for all holders: what a holder acknowledged is never taken for something that came after its lease had ended.
    private long _sequence;

    public Task Publish(StreamId stream, object item) =>
        _publications.TryGetValue(stream, out var publication) ? publication.Publish(item) : Task.CompletedTask;

    /// <summary>Ends when each subscriber of a stream has taken what was published, but for those that take nothing. Called in the context of the grain that produces the stream.</summary>
    public Task WaitUntilTaken(StreamId stream) =>
        _publications.TryGetValue(stream, out var publication) ? publication.WaitUntilTaken() : Task.CompletedTask;

    /// <summary>Adds a subscription. Called in the context of the grain that produces the stream.</summary>
    public void Add(StreamId stream, Outbox outbox, IStreamSource? source)
    {
        var publication = _publications.GetOrAdd(stream, static (_, source) => new Publication(source), source);
        var replaced = publication.Find(outbox.Subscription);
        lock (_lock)
        {
            if (replaced is not null)
            {
                Forget(replaced);
            }

            if (!_holders.TryGetValue(outbox.Holder, out var holder))
            {
                _holders[outbox.Holder] = holder = new Holder(++_sequence);
            }

            holder.LastSeen = time.GetTimestamp();
            holder.Outboxes.Add(outbox);
            holder.Ended.RemoveAll(x => x.Subscription == outbox.Subscription);
        }

        publication.Add(outbox);
    }

    /// <summary>Ends a subscription. Called in the context of the grain that produces the stream.</summary>
    public void Remove(StreamId stream, Guid subscription)
    {
        if (_publications.TryGetValue(stream, out var publication)
            && publication.Find(subscription) is { } outbox)
        {
            publication.Remove(subscription);
            lock (_lock)
            {
                Forget(outbox);
            }
        }
    }

    /// <summary>Ends a stream whose producer stops here, and tells its subscribers. Called in the producer's context.</summary>
    public void End(StreamId stream)
    {
        if (!_publications.TryRemove(stream, out var publication))
        {
            return;
        }

        foreach (var outbox in publication.Outboxes)
        {
            outbox.Close();
            lock (_lock)
            {
                if (Forget(outbox) is { } holder)
                {
                    holder.Sequence = ++_sequence;
                    holder.Ended.Add((holder.Sequence, outbox.Subscription));
                }
            }

            _ = outbox.Consumer.Ended(outbox.Subscription);
        }
    }

    /// <summary>Renews a consumer's leases.</summary>
    public LeaseAnswer Renew(Guid holderId, long acknowledged)
    {
        lock (_lock)
        {
            Sweep();
            if (!_holders.TryGetValue(holderId, out var holder))
            {
                return new LeaseAnswer(Known: false, 0, []);
            }

            holder.LastSeen = time.GetTimestamp();
            holder.Ended.RemoveAll(x => x.Sequence <= acknowledged);

            // What it heard last was of an earlier lease: that one ended, and a new subscription began another meanwhile.
            var known = acknowledged == 0 || acknowledged >= holder.Began;
            return new LeaseAnswer(known, holder.Sequence, [.. holder.Ended.Select(x => x.Subscription)]);
        }
    }

    private Holder? Forget(Outbox outbox)
    {
        if (!_holders.TryGetValue(outbox.Holder, out var holder))
        {
            return null;
        }

        holder.Outboxes.Remove(outbox);
        return holder;
    }

    // Somebody renews as long as there is anybody to compare with: the node's own consumer does.
    private void Sweep()
    {
        if (time.GetElapsedTime(_lastSweep) < LeaseDuration / 3)
        {
            return;
        }

        _lastSweep = time.GetTimestamp();
        foreach (var (id, holder) in _holders.Where(x => time.GetElapsedTime(x.Value.LastSeen) > LeaseDuration).ToList())
        {
            foreach (var outbox in holder.Outboxes)
            {
                outbox.Close();
            }

            _holders.Remove(id);
        }
    }

    private sealed class Holder(long began)
    {
        public long Began { get; } = began;

        public long LastSeen { get; set; }

        public long Sequence { get; set; } = began;

        public HashSet<Outbox> Outboxes { get; } = [];

        public List<(long Sequence, Guid Subscription)> Ended { get; } = [];
    }
}
