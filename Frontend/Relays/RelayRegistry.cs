using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;
using OrleansGateway.Selections;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>The relays of this node: made when a channel's first subscriber comes, ended some time after the last has gone.</summary>
internal sealed class RelayRegistry(
    IClusterClient client,
    IOptionsMonitor<FrontendOptions> options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    SelectionSources sources,
    ILoggerFactory loggers) : BackgroundService, ISubscriberCounts
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // Somebody who polls or reconnects should find the relay again.
    private static readonly TimeSpan IdleUntilEnd = TimeSpan.FromSeconds(10);

    private readonly RelayCounts _counts = new();
    private readonly ConcurrentDictionary<string, Held> _relays = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    // Those that have something to do once a second. The others cost nothing, however many there are.
    private readonly List<Held> _tended = [];
    private readonly PriorityQueue<Held, long> _idle = new();
    private Held[] _round = [];
    private ChannelRelayServices? _services;
    private readonly ILogger<SelectionRelay> _selectionLogger = loggers.CreateLogger<SelectionRelay>();

    private IEnumerable<Relay> Present => _relays.Select(x => x.Value.Relay).OfType<Relay>();

    /// <inheritdoc/>
    /// <remarks>Who listens to several channels counts for each that is named; who listens to a prefix counts for none.</remarks>
    public IEnumerable<KeyValuePair<string, int>> All => Present.OfType<ChannelRelay>().Select(x => KeyValuePair.Create(x.Name, x.ListenerCount)).Where(x => x.Value > 0);

    /// <inheritdoc/>
    public int CountOf(string channel) => _relays.TryGetValue(channel, out var held) && held is { Relay: ChannelRelay relay } ? relay.ListenerCount : 0;

    /// <summary>Takes hold of the relay of a channel, or of several, for a client. Every take is given back by <see cref="Release"/>.</summary>
    public Relay Take(Subject subject)
    {
        var held = subject.Selection is { } selection
            ? Hold(selection.Text, () => new SelectionRelay(selection, this, sources, time, _selectionLogger, _counts), isVisited: true)
            : Hold(subject.Name, () => ChannelRelayOf(subject.Name), isVisited: true);
        Tend(held);
        return held.Relay!;
    }

    public void Release(Relay relay) => LetGo(relay, wasVisited: true);

    /// <summary>Takes hold of a channel's relay, for what listens to several channels. It is given back by <see cref="Unfollow"/>.</summary>
    public ChannelRelay Follow(string channel) => (ChannelRelay)Hold(channel, () => ChannelRelayOf(channel), isVisited: false).Relay!;

    public void Unfollow(ChannelRelay relay) => LetGo(relay, wasVisited: false);

    private ChannelRelay ChannelRelayOf(string channel) =>
        new(channel, _services ??= new ChannelRelayServices(client, time, loggers.CreateLogger<ChannelRelay>(), _counts, TendRelay));

    // A selection as it is written is no channel's name.
    private Held Hold(string name, Func<Relay> make, bool isVisited)
    {
        while (true)
        {
            var held = _relays.GetOrAdd(name, static _ => new Held());
            lock (held)
            {
                if (!held.Ended)
                {
                    try
                    {
                        held.Relay ??= make();
                        held.Users++;
                        held.Visitors += isVisited ? 1 : 0;
                        return held;
                    }
                    catch
                    {
                        // The next one makes it anew.
                        held.Ended = true;
                        _relays.TryRemove(new(name, held));
                        throw;
                    }
                }
            }
        }
    }

    private void LetGo(Relay relay, bool wasVisited)
    {
        if (_relays.TryGetValue(relay.Name, out var held))
        {
            lock (held)
            {
                held.Visitors -= wasVisited ? 1 : 0;
                if (--held.Users == 0)
                {
                    held.IdleSince = time.GetTimestamp();
                    if (!held.IsAwaited)
                    {
                        held.IsAwaited = true;
                        Await(held);
                    }
                }
            }
        }
    }

    private void TendRelay(ChannelRelay relay)
    {
        if (_relays.TryGetValue(relay.Name, out var held) && held.Relay == relay)
        {
            Tend(held);
        }
    }

    private void Tend(Held held)
    {
        lock (_lock)
        {
            if (held.Index < 0)
            {
                held.Index = _tended.Count;
                _tended.Add(held);
            }
        }
    }

    private void Await(Held held)
    {
        lock (_lock)
        {
            _idle.Enqueue(held, held.IdleSince);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _counts.Observe(() => Present);
        using var stopping = lifetime.ApplicationStopping.Register(EndAll);
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                OnTick();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(Present.Select(x => x.Abandon()));
    }

    /// <summary>Once a second: lets those who have something to do, do it, and ends those that nobody has used for a while.</summary>
    internal void OnTick()
    {
        var now = time.GetTimestamp();
        Look(now);
        EndIdle(now);
    }

    private void Look(long now)
    {
        int count;
        lock (_lock)
        {
            count = _tended.Count;
            Array.Resize(ref _round, Math.Max(_round.Length, _tended.Capacity));
            _tended.CopyTo(_round);
        }

        var slowTimeout = options.CurrentValue.SlowTimeout;
        foreach (var held in _round.AsSpan(0, count))
        {
            var relay = held.Relay!;
            foreach (var subscriber in relay.Snapshot())
            {
                subscriber.OnTick(now, slowTimeout);
            }

            relay.Expire(now);
            lock (_lock)
            {
                if (held.Visitors == 0 && relay is not ChannelRelay { IsHolding: true })
                {
                    // The last one takes its place.
                    var last = _tended[^1];
                    (_tended[held.Index], last.Index) = (last, held.Index);
                    _tended.RemoveAt(_tended.Count - 1);
                    held.Index = -1;
                }
            }
        }

        _round.AsSpan(0, count).Clear();
    }

    private void EndIdle(long now)
    {
        while (NextIdle(now) is { } held)
        {
            lock (held)
            {
                held.IsAwaited = held.Users == 0 && time.GetElapsedTime(held.IdleSince, now) < IdleUntilEnd;
                if (held.IsAwaited)
                {
                    // Somebody was there meanwhile.
                    Await(held);
                    continue;
                }

                held.Ended = held.Users == 0;
                if (!held.Ended)
                {
                    continue;
                }
            }

            _relays.TryRemove(held.Relay!.Name, out _);

            // Not awaited: a channel that cannot be reached must not hold up the tick.
            _ = held.Relay.DisposeAsync().AsTask();
        }
    }

    private Held? NextIdle(long now)
    {
        lock (_lock)
        {
            return _idle.TryPeek(out var held, out var since) && time.GetElapsedTime(since, now) >= IdleUntilEnd ? _idle.Dequeue() : null;
        }
    }

    // The node stops: its clients go to the others.
    private void EndAll()
    {
        foreach (var relay in Present)
        {
            foreach (var subscriber in relay.Snapshot())
            {
                subscriber.End(EndReason.Shutdown);
            }
        }
    }

    private sealed class Held
    {
        public Relay? Relay { get; set; }

        public int Users { get; set; }

        /// <summary>Those of the users that are clients of this relay itself.</summary>
        public int Visitors { get; set; }

        /// <summary>When the last user went.</summary>
        public long IdleSince { get; set; }

        /// <summary>Whether its end is awaited, unless somebody comes.</summary>
        public bool IsAwaited { get; set; }

        public bool Ended { get; set; }

        /// <summary>Its place among those that have something to do; -1 where it has nothing.</summary>
        public int Index { get; set; } = -1;
    }
}
