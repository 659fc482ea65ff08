using System.Collections.Concurrent;

namespace OrleansGateway.Bridges;

/// <summary>Which node owns each bridge, as this node has heard last.</summary>
internal sealed class BridgeOwners
{
    private readonly ConcurrentDictionary<string, BridgeStatus> _bridges = new(StringComparer.Ordinal);

    public SiloAddress? OwnerOf(string bridge) => _bridges.TryGetValue(bridge, out var status) ? status.Owner : null;

    public void Heard(string bridge, BridgeStatus status) => _bridges[bridge] = status;

    public void Lost(SiloAddress silo)
    {
        foreach (var bridge in _bridges.Where(x => silo.Equals(x.Value.Owner)))
        {
            _bridges.TryRemove(bridge);
        }
    }
}
