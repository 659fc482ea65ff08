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
/// <remarks>
/// Nothing goes to a node that leaves as well: a grain that begins where all grains end may never finish beginning, and both nodes would wait for
/// that until their time to stop is over.
/// </remarks>
internal sealed partial class Handover(
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    IGrainFactory grains,
    LocalChannels channels,
    TimeProvider time,
    ILogger<Handover> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<IGrainContext, bool> _grains = new();

    private IEnumerable<IGrainContext> Present => _grains.Keys.Concat(channels.Grains);

    /// <summary>Notes a grain that moves, with its state if it has any, when the node stops.</summary>
    public void Add(IGrainContext grain) => _grains[grain] = true;

    public void Remove(IGrainContext grain) => _grains.TryRemove(grain, out _);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var targets = Present.Any() ? await FindThoseWhoStay(cancellationToken) : [];
        var (nodes, moving, moved) = (targets.Count, new HashSet<IGrainContext>(), 0);
        for (var progress = time.GetTimestamp(); time.GetElapsedTime(progress) < Patience && !cancellationToken.IsCancellationRequested;)
        {
            foreach (var gone in targets.Where(x => !IsActive(x.Silo)).ToList())
            {
                targets.Remove(gone);
                await gone.Over.CancelAsync();
            }

            if (targets.Count == 0)
            {
                break;
            }

            // Also what comes meanwhile, from another node that leaves.
            foreach (var grain in Present.Where(moving.Add))
            {
                var (silo, over) = targets[(moved + moving.Count) % targets.Count];
                grain.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = silo }, over.Token);
            }

            if (moving.Count == 0)
            {
                break;
            }

            await Task.WhenAny(Task.WhenAll(moving.Select(x => x.Deactivated)), Task.Delay(BetweenLooks, time, cancellationToken));
            if (moving.RemoveWhere(x => x.Deactivated.IsCompleted) is > 0 and var more)
            {
                moved += more;
                progress = time.GetTimestamp();
            }
        }

        if (moved > 0)
        {
            LogHandedOver(moved, nodes);
        }

        if (moving.Count > 0)
        {
            LogNotAll(moving.Count);
        }
    }

    /// <summary>The other nodes that can take grains, each with what ends the moves to it.</summary>
    private async Task<List<(SiloAddress Silo, CancellationTokenSource Over)>> FindThoseWhoStay(CancellationToken cancellationToken)
    {
        var others = membership.CurrentSnapshot.Members.Keys.Where(x => IsActive(x) && !x.Equals(local.SiloAddress));
        var answers = await Task.WhenAll(others.Select(async x => (Silo: x, IsLeaving: await AskWhetherItLeaves(x, cancellationToken))));

        // One that is too busy to say so is better than none.
        var wanted = answers.Any(x => x.IsLeaving == false) ? (bool?)false : null;
        return [.. answers.Where(x => x.IsLeaving == wanted).Select(x => (x.Silo, CancellationTokenSource.CreateLinkedTokenSource(cancellationToken)))];
    }

    private async Task<bool?> AskWhetherItLeaves(SiloAddress silo, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<INodeGrain>(silo.ToParsableString()).IsLeaving().WaitAsync(AnswerTimeout, time, cancellationToken);
        }
        catch (Exception exception)
        {
            LogNoAnswer(exception, silo);
            return null;
        }
    }

    private bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    [LoggerMessage(1, LogLevel.Information, "Handed {Count} grains over to {Nodes} other nodes")]
    private partial void LogHandedOver(int count, int nodes);

    [LoggerMessage(2, LogLevel.Warning, "{Count} grains could not be handed over in time")]
    private partial void LogNotAll(int count);

    [LoggerMessage(3, LogLevel.Debug, "{Silo} does not say whether it leaves")]
    private partial void LogNoAnswer(Exception exception, SiloAddress silo);
}
