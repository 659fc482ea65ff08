using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansGateway.Bridges;

/// <summary>Which node owns each bridge, as this node has heard last.</summary>
internal sealed class BridgeOwners
{
    private readonly ConcurrentDictionary<string, BridgeStatus> _bridges = new(StringComparer.Ordinal);

    public SiloAddress? OwnerOf(string bridge) => _bridges.TryGetValue(bridge, out var status) ? status.Owner : null;

    /// <summary>Whether each bridge's connection to its source is up, and is this node's.</summary>
    public IEnumerable<Measurement<int>> Connections(SiloAddress node) => _bridges.Select(x =>
        new Measurement<int>(x.Value.Connected && node.Equals(x.Value.Owner) ? 1 : 0, new KeyValuePair<string, object?>("bridge", x.Key)));

    public void Heard(string bridge, BridgeStatus status) => _bridges[bridge] = status;

    public void Lost(SiloAddress silo)
    {
        foreach (var bridge in _bridges.Where(x => silo.Equals(x.Value.Owner)))
        {
            _bridges.TryRemove(bridge);
        }
    }
}
