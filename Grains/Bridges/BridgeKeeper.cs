using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Cluster;
using OrleansGateway.Hosting;
using OrleansGateway.Metrics;

namespace OrleansGateway.Bridges;

/// <summary>Keeps the bridges alive that are configured, and tells in the tree of services who owns each. They may change at any time.</summary>
internal sealed class BridgeKeeper(
    IGrainFactory grains,
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    ClusterView cluster,
    BridgeOwners owners,
    IOptionsMonitor<BridgesOptions> options,
    TimeProvider time,
    ILogger<BridgeKeeper> logger) : SingletonKeeper(membership, local, cluster, time, logger), IServiceWithParts
{
    private readonly IClusterMembershipService _membership = membership;
    private readonly ILocalSiloDetails _local = local;
    private readonly ConcurrentDictionary<string, ServiceNode?> _bridges = new(StringComparer.Ordinal);
    private ServiceNode? _place;

    public void Attach(ServiceNode place) => _place = place;

    protected override IEnumerable<(string Name, Func<Task> Poke)> Singletons
    {
        get
        {
            Follow(options.CurrentValue);
            return options.CurrentValue.Bridges.Select(x => (x.Key, (Func<Task>)(() => Poke(x.Key, x.Value))));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = options.OnChange(_ => PokeNow());
        GatewayMeter.Meter.CreateObservableUpDownCounter(
            "gateway.bridge.connections", () => owners.Connections(_local.SiloAddress), "{connection}", "Whether the connection to the bridge's source is up, and this node's.");
        await base.ExecuteAsync(stoppingToken);
        foreach (var bridge in _bridges.Values)
        {
            bridge?.Set(ServiceState.Stopped);
        }
    }

    protected override void OnNodeLost(SiloAddress silo)
    {
        foreach (var bridge in owners.Lost(silo))
        {
            _bridges.GetValueOrDefault(bridge)?.Set(ServiceState.Starting, "its owner is gone");
        }

        base.OnNodeLost(silo);
    }

    private void Follow(BridgesOptions now)
    {
        foreach (var name in now.Bridges.Keys.Where(x => !_bridges.ContainsKey(x)))
        {
            var place = _place?.Add(name);
            place?.Set(ServiceState.Starting);
            _bridges[name] = place;
        }

        foreach (var name in _bridges.Keys.Where(x => !now.Bridges.ContainsKey(x)))
        {
            _bridges.TryRemove(name, out var place);
            owners.Forget(name);
            if (place is not null)
            {
                _place!.Remove(place);
            }
        }
    }

    private async Task Poke(string name, BridgeOptions bridge)
    {
        var status = await grains.GetGrain<INumberBridgeGrain>(name).Poke();

        // It may have been removed meanwhile.
        if (_bridges.TryGetValue(name, out var place))
        {
            owners.Heard(name, status);
            var owner = _membership.CurrentSnapshot.Members.TryGetValue(status.Owner, out var member) ? member.Name : status.Owner.ToString();
            place?.Set(ServiceState.Running, status.Connected ? $"{owner} reads {bridge.Source} into {bridge.Channel}" : $"{owner} owns it and has no connection to {bridge.Source}");
        }
    }
}
