using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace OrleansGateway.Cluster;

/// <summary>Places a grain on the silo that its key names (<see cref="SiloAddress.ToParsableString"/>): a call to it is a call to that silo.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SiloPlacementAttribute() : PlacementAttribute(new SiloPlacement());

/// <inheritdoc cref="SiloPlacementAttribute"/>
[GenerateSerializer, Immutable, Alias("OrleansGateway.SiloPlacement")]
internal sealed class SiloPlacement : PlacementStrategy;

/// <summary>Finds the silo in the key; one that is not in the cluster is an error, never another silo.</summary>
internal sealed class SiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString() ?? string.Empty;
        var silo = SiloAddress.FromParsableString(key);
        return Array.IndexOf(context.GetCompatibleSilos(target), silo) >= 0
            ? Task.FromResult(silo)
            : Task.FromException<SiloAddress>(new SiloUnavailableException($"Silo {key} is not in the cluster."));
    }
}
