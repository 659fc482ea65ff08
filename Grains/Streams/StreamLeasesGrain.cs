using Orleans.Placement;
using OrleansGateway.Cluster;

namespace OrleansGateway.Streams;

/// <summary>The stream leases of the silo that its key names.</summary>
[SiloPlacement, Immovable]
internal sealed class StreamLeasesGrain(StreamHost host) : Grain, IStreamLeases
{
    public Task<LeaseAnswer> Renew(Guid holder, long acknowledged) => Task.FromResult(host.Renew(holder, acknowledged));
}
