using Microsoft.Extensions.Logging;
using OrleansGateway.Cluster;

namespace OrleansGateway.Presence;

/// <summary>Keeps the announcer alive.</summary>
internal sealed class AnnouncerKeeper(
    IGrainFactory grains,
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    ClusterView cluster,
    TimeProvider time,
    ILogger<AnnouncerKeeper> logger) : SingletonKeeper(membership, local, cluster, time, logger)
{
    protected override IEnumerable<(string Name, Func<Task> Poke)> Singletons => [("announcer", () => grains.GetGrain<IAnnouncerGrain>(0).Poke())];
}
