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
    private readonly Dictionary<SiloAddress, Lease> _leases = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<IStreamConsumer> _reference;
    private Task? _renewals;

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

    internal IEnumerable<Guid> SubscriptionsTo(StreamId stream) => _subscriptions.Where(x => x.Value.Stream.Equals(stream)).Select(x => x.Key);

    /// <summary>Subscribes, or subscribes again after an interruption.</summary>
    internal async Task Subscribe(StreamId stream, Guid id, IStreamProducer producer, Func<object[], Task> onItems, Func<Exception, Task> onError)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        var subscription = _subscriptions.GetOrAdd(id, static (id, x) => new Subscription(id, x.stream, x.onItems, x.onError), (stream, onItems, onError));
        var attempt = subscription.Begin();
        try
        {
            var host = await producer.Subscribe(stream, id, Holder, _reference.Value).WaitAsync(SubscribeTimeout, _time);
            EnsureRenewals();
            subscription.Established(attempt, host);
        }
        catch
        {
            // A first attempt leaves nothing behind; a resumed subscription stays, for the next attempt.
            if (!subscription.WasEstablished)
            {
                _subscriptions.TryRemove(id, out _);
            }

            throw;
        }
    }

    internal async Task Unsubscribe(StreamId stream, Guid id, IStreamProducer producer)
    {
        if (_subscriptions.TryRemove(id, out _))
        {
            await producer.Unsubscribe(stream, id);
        }
    }

    /// <summary>Interrupts at once what is held by a silo that is known to be dead.</summary>
    internal void HostLost(SiloAddress host)
    {
        foreach (var subscription in _subscriptions.Values)
        {
            if (host.Equals(subscription.Host))
            {
                Interrupt(subscription, $"its silo {host} is gone");
            }
        }
    }

    async Task IStreamConsumer.Deliver(Guid subscription, StreamItems items)
    {
        if (_subscriptions.TryGetValue(subscription, out var target))
        {
            await target.OnItems(items.Items);
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
            lock (_leases)
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
            var hosts = _subscriptions.Values.Select(x => x.Host).OfType<SiloAddress>().ToHashSet();
            foreach (var gone in _leases.Keys.Where(x => !hosts.Contains(x)).ToList())
            {
                _leases.Remove(gone);
            }

            foreach (var host in hosts)
            {
                if (!_leases.TryGetValue(host, out var lease))
                {
                    _leases[host] = lease = new Lease();
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
            var before = _subscriptions.Values.Where(x => host.Equals(x.Host)).Select(x => (x, x.Attempt)).ToList();
            var answer = await _grains.GetGrain<IStreamLeases>(host.ToParsableString()).Renew(Holder, lease.Acknowledged).WaitAsync(RenewTimeout, _time);
            lease.Misses = 0;
            lease.Acknowledged = answer.Sequence;
            foreach (var (subscription, attempt) in before)
            {
                if ((!answer.Known || answer.Ended.Contains(subscription.Id)) && subscription.Attempt == attempt)
                {
                    Interrupt(subscription, $"silo {host} holds it no longer");
                }
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

    private void Interrupt(Subscription subscription, string reason)
    {
        if (subscription.TryInterrupt())
        {
            LogInterrupted(subscription.Stream, reason);
            _ = Tell(subscription, reason);
        }
    }

    private async Task Tell(Subscription subscription, string reason)
    {
        try
        {
            await subscription.OnError(new StreamInterruptedException($"The subscription to {subscription.Stream} was interrupted: {reason}."));
        }
        catch (Exception exception)
        {
            LogObserverFailed(exception, subscription.Stream);
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
        public long Acknowledged { get; set; }

        public int Misses { get; set; }

        public Task Call { get; set; } = Task.CompletedTask;
    }

    private sealed class Subscription(Guid id, StreamId stream, Func<object[], Task> onItems, Func<Exception, Task> onError)
    {
        private readonly Lock _lock = new();
        private int _attempt;

        public Guid Id => id;

        public StreamId Stream => stream;

        public Func<object[], Task> OnItems => onItems;

        public Func<Exception, Task> OnError => onError;

        /// <summary>The silo that holds it, or null while it is not established.</summary>
        public SiloAddress? Host { get; private set; }

        public bool WasEstablished { get; private set; }

        /// <summary>Counts the attempts to subscribe, so that old news is not taken for news of the present one.</summary>
        public int Attempt => _attempt;

        public int Begin()
        {
            lock (_lock)
            {
                Host = null;
                return ++_attempt;
            }
        }

        public void Established(int attempt, SiloAddress host)
        {
            lock (_lock)
            {
                if (attempt == _attempt)
                {
                    (Host, WasEstablished) = (host, true);
                }
            }
        }

        public bool TryInterrupt()
        {
            lock (_lock)
            {
                if (Host is null)
                {
                    return false;
                }

                Host = null;
                _attempt++;
                return true;
            }
        }
    }
}
