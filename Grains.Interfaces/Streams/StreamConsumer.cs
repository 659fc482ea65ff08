using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Streams;

/// <summary>
/// The consuming half of the streams, one a process: its subscriptions, and the leases that keep them at the silos where
/// their producers are. It works the same in a silo and in a client outside of the cluster.
/// </summary>
internal sealed partial class StreamConsumer : IStreamConsumer, IAsyncDisposable
{
    /// <summary>How often the leases are renewed.</summary>
    internal static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(1);

    /// <summary>How long a renewal may take: a call to a silo that has just died can hang until its death is known.</summary>
    private static readonly TimeSpan RenewTimeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan SubscribeTimeout = TimeSpan.FromSeconds(3);

    /// <summary>After how many renewals without an answer a silo is taken for lost.</summary>
    private const int MissesUntilLost = 3;

    private readonly IGrainFactory _grains;
    private readonly ILogger<StreamConsumer> _logger;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Guid, Subscription> _subscriptions = new();
    private readonly ConcurrentDictionary<SiloAddress, Lease> _leases = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<IStreamConsumer> _reference;
    private readonly Lock _lock = new();
    private Task? _renewals;
    private long _established;

    public StreamConsumer(IGrainFactory grains, ILogger<StreamConsumer> logger, TimeProvider time)
    {
        _grains = grains;
        _logger = logger;
        _time = time;

        // The runtime holds this object by a weak reference only; the container keeps it alive.
        _reference = new(() => _grains.CreateObjectReference<IStreamConsumer>(this));
    }

    /// <summary>Tells this process's subscriptions from those of others.</summary>
    internal Guid Holder { get; } = Guid.NewGuid();

    internal IEnumerable<Guid> SubscriptionsTo(StreamId stream) => _subscriptions.Where(x => x.Value.Target.StreamId.Equals(stream)).Select(x => x.Key);

    /// <summary>Subscribes, or subscribes again after an interruption.</summary>
    internal async Task Subscribe(IStreamTarget target, IStreamProducer producer)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        var subscription = _subscriptions.GetOrAdd(target.HandleId, static (_, target) => new Subscription(target), target);
        var attempt = Begin(subscription);
        try
        {
            var host = await producer.Subscribe(target.StreamId, target.HandleId, Holder, _reference.Value).WaitAsync(SubscribeTimeout, _time);
            EnsureRenewals();
            Establish(subscription, attempt, host);
        }
        catch
        {
            // A first attempt leaves nothing behind; a resumed subscription stays, for the next attempt.
            if (subscription.Established == 0)
            {
                _subscriptions.TryRemove(target.HandleId, out _);
            }

            throw;
        }
    }

    internal async Task Unsubscribe(StreamId stream, Guid id, IStreamProducer producer)
    {
        if (_subscriptions.TryRemove(id, out var subscription))
        {
            Begin(subscription);
            await producer.Unsubscribe(stream, id);
        }
    }

    /// <summary>Interrupts at once what is held by a silo that is known to be dead.</summary>
    internal void HostLost(SiloAddress host)
    {
        foreach (var subscription in _subscriptions.Values)
        {
            Interrupt(subscription, $"its silo {host} is gone", x => host.Equals(x.Host));
        }
    }

    async Task IStreamConsumer.Deliver(Guid subscription, StreamItems items)
    {
        if (_subscriptions.TryGetValue(subscription, out var target))
        {
            await target.Target.OnItems(items.Items);
        }
    }

    Task IStreamConsumer.Ended(Guid subscription)
    {
        if (_subscriptions.TryGetValue(subscription, out var target))
        {
            Interrupt(target, "its producer stopped");
        }

        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_renewals is { } renewals)
        {
            await renewals.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void EnsureRenewals()
    {
        if (_renewals is null)
        {
            lock (_lock)
            {
                _renewals ??= Task.Run(RenewAll);
            }
        }
    }

    private async Task RenewAll()
    {
        using var timer = new PeriodicTimer(RenewPeriod, _time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            foreach (var (host, lease) in _leases)
            {
                lock (_lock)
                {
                    if (lease.Count == 0)
                    {
                        _leases.TryRemove(host, out _);
                        continue;
                    }
                }

                // A silo that does not answer must not keep the others waiting.
                if (lease.Call.IsCompleted)
                {
                    lease.Call = Renew(host, lease);
                }
            }
        }
    }

    private async Task Renew(SiloAddress host, Lease lease)
    {
        try
        {
            // What is known of those that came before says nothing of those that come while the call is under way.
            var before = Volatile.Read(ref _established);
            var answer = await _grains.GetGrain<IStreamLeases>(host.ToParsableString()).Renew(Holder, lease.Acknowledged).WaitAsync(RenewTimeout, _time);
            lease.Misses = 0;
            if (!answer.Known || !answer.Ended.Any(x => MayBeAt(host, x)))
            {
                lease.Acknowledged = answer.Sequence;
            }

            foreach (var subscription in answer.Known ? answer.Ended.Select(x => _subscriptions.GetValueOrDefault(x)).OfType<Subscription>() : _subscriptions.Values)
            {
                Interrupt(subscription, $"silo {host} holds it no longer", x => host.Equals(x.Host) && x.Established <= before);
            }
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            LogRenewalFailed(exception, host);

            // That a silo is not in the cluster is certain; anything else may pass.
            if (exception is SiloUnavailableException || ++lease.Misses >= MissesUntilLost)
            {
                HostLost(host);
            }
        }
    }

    // The end of one that is being established cannot be told from an older one's: the next renewal says it again, or that one goes on.
    private bool MayBeAt(SiloAddress host, Guid id)
    {
        lock (_lock)
        {
            return _subscriptions.TryGetValue(id, out var subscription) && (subscription.Host is null || host.Equals(subscription.Host));
        }
    }

    private void Interrupt(Subscription subscription, string reason, Func<Subscription, bool>? condition = null)
    {
        lock (_lock)
        {
            if (subscription.Host is null || condition?.Invoke(subscription) == false)
            {
                return;
            }

            Begin(subscription);
        }

        LogInterrupted(subscription.Target.StreamId, reason);
        // Whoever says so may be a producer that is about to leave.
        _ = Task.Run(() => Tell(subscription.Target, reason));
    }

    /// <summary>Begins an attempt to subscribe: no silo holds it now.</summary>
    private int Begin(Subscription subscription)
    {
        lock (_lock)
        {
            Move(subscription, null);
            return ++subscription.Attempt;
        }
    }

    private void Establish(Subscription subscription, int attempt, SiloAddress host)
    {
        lock (_lock)
        {
            if (attempt == subscription.Attempt)
            {
                Move(subscription, host);
                subscription.Established = ++_established;
            }
        }
    }

    // Each silo's are counted, so that nobody has to look at all of them once a second.
    private void Move(Subscription subscription, SiloAddress? host)
    {
        if (subscription.Host is { } before)
        {
            _leases[before].Count--;
        }

        if (host is not null)
        {
            _leases.GetOrAdd(host, static _ => new Lease()).Count++;
        }

        subscription.Host = host;
    }

    private async Task Tell(IStreamTarget target, string reason)
    {
        try
        {
            await target.OnError(new StreamInterruptedException($"The subscription to {target.StreamId} was interrupted: {reason}."));
        }
        catch (Exception exception)
        {
            LogObserverFailed(exception, target.StreamId);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Subscription to {Stream} interrupted: {Reason}")]
    private partial void LogInterrupted(StreamId stream, string reason);

    [LoggerMessage(2, LogLevel.Error, "The observer of {Stream} failed on an interruption")]
    private partial void LogObserverFailed(Exception exception, StreamId stream);

    [LoggerMessage(3, LogLevel.Debug, "Could not renew the leases at {Silo}")]
    private partial void LogRenewalFailed(Exception exception, SiloAddress silo);

    private sealed class Lease
    {
        /// <summary>How many subscriptions the silo holds.</summary>
        public int Count { get; set; }

        public long Acknowledged { get; set; }

        public int Misses { get; set; }

        public Task Call { get; set; } = Task.CompletedTask;
    }

    // There may be a million of them. What changes is guarded by the consumer's lock.
    private sealed class Subscription(IStreamTarget target)
    {
        public IStreamTarget Target => target;

        /// <summary>The silo that holds it, or null while it is not established.</summary>
        public SiloAddress? Host { get; set; }

        /// <summary>When it was established last, counted over all subscriptions; 0 where it never was.</summary>
        public long Established { get; set; }

        /// <summary>Counts the attempts to subscribe, so that an old one is not taken for the present one.</summary>
        public int Attempt { get; set; }
    }
}

/// <summary>What takes a subscription's items, one call after the other, and hears when it is interrupted.</summary>
internal interface IStreamTarget
{
    StreamId StreamId { get; }

    Guid HandleId { get; }

    Task OnItems(object[] items);

    Task OnError(Exception exception);
}
