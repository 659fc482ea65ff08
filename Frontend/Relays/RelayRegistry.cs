using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Metrics;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>The relays of this node: made when a channel's first subscriber comes, ended some time after the last has gone.</summary>
internal sealed class RelayRegistry(
    IClusterClient client,
    IOptionsMonitor<FrontendOptions> options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<ChannelRelay> logger) : BackgroundService, ISubscriberCounts
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // Somebody who polls or reconnects should find the relay again.
    private const int IdleTicksUntilEnd = 10;

    private readonly RelayCounts _counts = new();
    private readonly ConcurrentDictionary<string, Held> _relays = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, int>> All =>
        _relays.Select(x => KeyValuePair.Create(x.Key, x.Value.Relay.SubscriberCount)).Where(x => x.Value > 0);

    /// <inheritdoc/>
    public int CountOf(string channel) => _relays.TryGetValue(channel, out var held) ? held.Relay.SubscriberCount : 0;

    /// <summary>Takes hold of a channel's relay. Every take is given back by <see cref="Release"/>.</summary>
    public ChannelRelay Take(string channel)
    {
        while (true)
        {
            var held = _relays.GetOrAdd(channel, static (name, x) => new Held(new ChannelRelay(name, x.client, x.time, x.logger, x._counts)), (client, time, logger, _counts));
            lock (held)
            {
                if (!held.Ended)
                {
                    held.Users++;
                    held.IdleTicks = 0;
                    return held.Relay;
                }
            }
        }
    }

    public void Release(ChannelRelay relay)
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
        _counts.Observe(() => _relays.Values.Select(x => x.Relay));
        using var stopping = lifetime.ApplicationStopping.Register(EndAll);
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = time.GetTimestamp();
                foreach (var (name, held) in _relays)
                {
                    foreach (var subscriber in held.Relay.Snapshot())
                    {
                        subscriber.OnTick(now, options.CurrentValue.SlowTimeout);
                    }

                    held.Relay.Pages.Expire(now);
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
        foreach (var held in _relays.Values)
        {
            foreach (var subscriber in held.Relay.Snapshot())
            {
                subscriber.End(EndReason.Shutdown);
            }
        }
    }

    private sealed class Held(ChannelRelay relay)
    {
        public ChannelRelay Relay => relay;

        public int Users { get; set; }

        public int IdleTicks { get; set; }

        public bool Ended { get; set; }
    }
}
