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

    /// <summary>Forgets a bridge that is no more.</summary>
    public void Forget(string bridge) => _bridges.TryRemove(bridge, out _);

    /// <summary>A node was lost.</summary>
    /// <returns>The bridges that it owned.</returns>
    public IReadOnlyList<string> Lost(SiloAddress silo)
    {
        var lost = _bridges.Where(x => silo.Equals(x.Value.Owner)).ToList();
        foreach (var bridge in lost)
        {
            _bridges.TryRemove(bridge);
        }

        return [.. lost.Select(x => x.Key)];
    }
}
