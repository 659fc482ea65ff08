using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace OrleansGateway.Cluster;

/// <summary>
/// The grains of this node that are to be handed over when it stops. It is done while the silo is still a full member of
/// the cluster: once it shuts down it can neither place grains nor call anybody.
/// </summary>
internal sealed partial class Handover(
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    TimeProvider time,
    ILogger<Handover> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<IGrainContext, bool> _grains = new();

    /// <summary>Notes a grain that moves, with its state if it has any, when the node stops.</summary>
    public void Add(IGrainContext grain) => _grains[grain] = true;

    public void Remove(IGrainContext grain) => _grains.TryRemove(grain, out _);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var others = membership.CurrentSnapshot.Members.Values
            .Where(x => x.Status == SiloStatus.Active && !x.SiloAddress.Equals(local.SiloAddress))
            .Select(x => x.SiloAddress)
            .ToList();
        if (others.Count == 0 || _grains.IsEmpty)
        {
            return;
        }

        var leaving = _grains.Keys.ToList();
        for (var i = 0; i < leaving.Count; i++)
        {
            leaving[i].Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = others[i % others.Count] }, cancellationToken);
        }

        try
        {
            await Task.WhenAll(leaving.Select(x => x.Deactivated)).WaitAsync(Patience, time, cancellationToken);
            LogHandedOver(leaving.Count, others.Count);
        }
        catch (TimeoutException)
        {
            LogNotAll(leaving.Count(x => !x.Deactivated.IsCompleted), leaving.Count);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Handed {Count} grains over to {Nodes} other nodes")]
    private partial void LogHandedOver(int count, int nodes);

    [LoggerMessage(2, LogLevel.Warning, "{Count} of {All} grains could not be handed over in time")]
    private partial void LogNotAll(int count, int all);
}
