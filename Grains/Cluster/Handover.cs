using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;
using OrleansGateway.Channels;

namespace OrleansGateway.Cluster;

/// <summary>
/// Hands over the channels of this node, and other grains that ask for it, when it stops. It is done while the silo is still a full member of
/// the cluster: once it shuts down it can neither place grains nor call anybody.
/// </summary>
internal sealed partial class Handover(
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    LocalChannels channels,
    TimeProvider time,
    ILogger<Handover> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

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
        if (others.Count == 0 || cancellationToken.IsCancellationRequested)
        {
            return;
        }

        var leaving = _grains.Keys.Concat(channels.Grains).ToList();
        if (leaving.Count == 0)
        {
            return;
        }

        for (var i = 0; i < leaving.Count; i++)
        {
            leaving[i].Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = others[i % others.Count] }, cancellationToken);
        }

        var all = leaving.Count;
        for (var progress = time.GetTimestamp(); leaving.Count > 0 && time.GetElapsedTime(progress) < Patience && !cancellationToken.IsCancellationRequested;)
        {
            await Task.WhenAny(Task.WhenAll(leaving.Select(x => x.Deactivated)), Task.Delay(BetweenLooks, time, cancellationToken));
            if (leaving.RemoveAll(x => x.Deactivated.IsCompleted) > 0)
            {
                progress = time.GetTimestamp();
            }
        }

        if (leaving.Count == 0)
        {
            LogHandedOver(all, others.Count);
        }
        else
        {
            // Where all nodes stop together there is nobody to take them.
            LogNotAll(leaving.Count, all);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Handed {Count} grains over to {Nodes} other nodes")]
    private partial void LogHandedOver(int count, int nodes);

    [LoggerMessage(2, LogLevel.Warning, "{Count} of {All} grains could not be handed over in time")]
    private partial void LogNotAll(int count, int all);
}
