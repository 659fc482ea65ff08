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
    private const int IdleTicksUntilEnd = 10;

    private readonly RelayCounts _counts = new();
    private readonly ConcurrentDictionary<string, Held> _relays = new(StringComparer.Ordinal);
    private readonly ILogger<ChannelRelay> _channelLogger = loggers.CreateLogger<ChannelRelay>();
    private readonly ILogger<SelectionRelay> _selectionLogger = loggers.CreateLogger<SelectionRelay>();

    private IEnumerable<Relay> Present => _relays.Values.Where(x => x.IsMade).Select(x => x.Relay);

    /// <inheritdoc/>
    /// <remarks>Who listens to several channels counts for each that is named; who listens to a prefix counts for none.</remarks>
    public IEnumerable<KeyValuePair<string, int>> All => Present.OfType<ChannelRelay>().Select(x => KeyValuePair.Create(x.Name, x.ListenerCount)).Where(x => x.Value > 0);

    /// <inheritdoc/>
    public int CountOf(string channel) => _relays.TryGetValue(channel, out var held) && held is { IsMade: true, Relay: ChannelRelay relay } ? relay.ListenerCount : 0;

    /// <summary>Takes hold of the relay of a channel, or of several. Every take is given back by <see cref="Release"/>.</summary>
    public Relay Take(Subject subject) => subject.Selection is { } selection
        ? Take(selection.Text, () => new SelectionRelay(selection, this, sources, time, _selectionLogger, _counts))
        : Take(subject.Name);

    /// <summary>Takes hold of a channel's relay. Every take is given back by <see cref="Release"/>.</summary>
    public ChannelRelay Take(string channel) => (ChannelRelay)Take(channel, () => new ChannelRelay(channel, client, time, _channelLogger, _counts));

    // A selection as it is written is no channel's name.
    private Relay Take(string name, Func<Relay> make)
    {
        while (true)
        {
            var held = _relays.GetOrAdd(name, static (_, make) => new Held(make), make);
            lock (held)
            {
                if (!held.Ended)
                {
                    try
                    {
                        var relay = held.Relay;
                        held.Users++;
                        held.IdleTicks = 0;
                        return relay;
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

    public void Release(Relay relay)
    {
        if (_relays.TryGetValue(relay.Name, out var held))
        {
            lock (held)
            {
                held.Users--;
            }
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
                var now = time.GetTimestamp();
                foreach (var (name, held) in _relays.Where(x => x.Value.IsMade))
                {
                    foreach (var subscriber in held.Relay.Snapshot())
                    {
                        subscriber.OnTick(now, options.CurrentValue.SlowTimeout);
                    }

                    held.Relay.Expire(now);
                    if (EndsNow(held))
                    {
                        _relays.TryRemove(name, out _);

                        // Not awaited: a channel that cannot be reached must not hold up the tick.
                        _ = held.Relay.DisposeAsync().AsTask();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private static bool EndsNow(Held held)
    {
        lock (held)
        {
            return held.Ended = held.Users == 0 && ++held.IdleTicks > IdleTicksUntilEnd;
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

    private sealed class Held(Func<Relay> make)
    {
        private readonly Lazy<Relay> _relay = new(make);

        public Relay Relay => _relay.Value;

        public bool IsMade => _relay.IsValueCreated;

        public int Users { get; set; }

        public int IdleTicks { get; set; }

        public bool Ended { get; set; }
    }
}
