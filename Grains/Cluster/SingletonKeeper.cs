using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Bridges;
using OrleansGateway.Metrics;
using OrleansGateway.Presence;

namespace OrleansGateway.Cluster;

/// <summary>
/// Keeps the grains alive of which the cluster has one: pokes them several times a second, and at once when a node dies.
/// A call that hangs, since it goes to a node whose death is not known yet, does not hold up the next.
/// </summary>
internal sealed partial class SingletonKeeper(
    IGrainFactory grains,
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    ClusterView cluster,
    BridgeOwners owners,
    IOptionsMonitor<BridgesOptions> options,
    TimeProvider time,
    ILogger<SingletonKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _now = new(0);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var calls = new Dictionary<string, (Task Call, long Begun)>();
        cluster.NodeLost += OnNodeLost;
        GatewayMeter.Meter.CreateObservableUpDownCounter(
            "gateway.bridge.connections", () => owners.Connections(local.SiloAddress), "{connection}", "Whether the connection to the bridge's source is up, and this node's.");
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                // A node that is leaving must not call back to life what has just been handed over.
                var afresh = await _now.WaitAsync(Period, stoppingToken);
                if (membership.CurrentSnapshot.GetSiloStatus(local.SiloAddress) == SiloStatus.Active)
                {
                    Poke("announcer", () => grains.GetGrain<IAnnouncerGrain>(0).Poke());
                    foreach (var name in options.CurrentValue.Bridges.Keys)
                    {
                        Poke(name, async () => owners.Heard(name, await grains.GetGrain<INumberBridgeGrain>(name).Poke()));
                    }
                }

                void Poke(string name, Func<Task> call)
                {
                    if (afresh || !calls.TryGetValue(name, out var last) || last.Call.IsCompleted || time.GetElapsedTime(last.Begun) > Patience)
                    {
                        calls[name] = (Watch(name, call), time.GetTimestamp());
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            cluster.NodeLost -= OnNodeLost;
        }
    }

    private void OnNodeLost(SiloAddress silo)
    {
        owners.Lost(silo);
        _now.Release();
    }

    private async Task Watch(string name, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception)
        {
            LogNoAnswer(exception, name);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Name} does not answer")]
    private partial void LogNoAnswer(Exception exception, string name);
}
