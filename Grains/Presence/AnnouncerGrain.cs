using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;

namespace OrleansGateway.Presence;

/// <summary>Gives the turn to one node after the other, once a second. There is one in the cluster.</summary>
[Alias("OrleansGateway.IAnnouncerGrain")]
internal interface IAnnouncerGrain : IGrainWithIntegerKey
{
    /// <summary>Keeps it running; every node calls it again and again.</summary>
    [Alias("Poke"), AlwaysInterleave]
    Task Poke();
}

/// <inheritdoc cref="IAnnouncerGrain"/>
[KeepAlive, PreferLocalPlacement]
internal sealed partial class AnnouncerGrain(IClusterMembershipService membership, Handover handover, ILogger<AnnouncerGrain> logger)
    : Grain, IAnnouncerGrain
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(800);

    private long _sourceTerm;
    private string? _last;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        handover.Add(GrainContext);
        this.RegisterGrainTimer(TakeTurn, new GrainTimerCreationOptions(TimeSpan.Zero, Period) { KeepAlive = true, Interleave = true });
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        handover.Remove(GrainContext);
        return Task.CompletedTask;
    }

    public Task Poke() => Task.CompletedTask;

    private async Task TakeTurn(CancellationToken cancellationToken)
    {
        try
        {
            if (_sourceTerm == 0)
            {
                await Begin(cancellationToken);
            }

            // A node that does not answer loses its turn to the next.
            foreach (var member in Turns.After(_last, ActiveNodes()))
            {
                if (await Announce(member))
                {
                    _last = member.Name;
                    return;
                }

                if (_sourceTerm == 0)
                {
                    // The channel is another's: to open it anew would take it from that one.
                    return;
                }
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(exception);
        }
    }

    private List<ClusterMember> ActiveNodes() => [.. membership.CurrentSnapshot.Members.Values.Where(x => x.Status == SiloStatus.Active)];

    // Whoever takes over goes on with the turn after the last one that was announced.
    private async Task Begin(CancellationToken cancellationToken)
    {
        var channel = GrainFactory.GetGrain<IChannelGrain>(ChannelName.Announce);
        var term = await channel.OpenSource(0).WaitAsync(Patience, cancellationToken);
        var position = await channel.GetPosition().WaitAsync(Patience, cancellationToken);
        var page = await channel.Read(position.Id with { Offset = Math.Max(0, position.Newest - 1) }, 1).WaitAsync(Patience, cancellationToken);
        foreach (var batch in page.Batches)
        {
            foreach (var message in batch)
            {
                _last = System.Text.Encoding.UTF8.GetString(message.Body.Span).Split(' ')[0];
            }
        }

        _sourceTerm = term;
    }

    private async Task<bool> Announce(ClusterMember member)
    {
        try
        {
            if (await Ask(member))
            {
                return true;
            }

            // The channel moved, or another announcer has it: then this one was replaced.
            _sourceTerm = await GrainFactory.GetGrain<IChannelGrain>(ChannelName.Announce).OpenSource(_sourceTerm).WaitAsync(Patience);
            if (_sourceTerm == 0)
            {
                DeactivateOnIdle();
                return false;
            }

            return await Ask(member);
        }
        catch (Exception exception)
        {
            LogNoAnswer(exception, member.Name);
            return false;
        }
    }

    private Task<bool> Ask(ClusterMember member) =>
        GrainFactory.GetGrain<INodeGrain>(member.SiloAddress.ToParsableString()).Announce(_sourceTerm).WaitAsync(Patience);

    [LoggerMessage(1, LogLevel.Debug, "{Name} does not answer: the turn goes to the next")]
    private partial void LogNoAnswer(Exception exception, string name);

    [LoggerMessage(2, LogLevel.Debug, "No announcement in this second")]
    private partial void LogFailed(Exception exception);
}

/// <summary>The order in which nodes take turns.</summary>
internal static class Turns
{
    /// <summary>All nodes, beginning with the one after <paramref name="last"/> by name.</summary>
    public static IEnumerable<ClusterMember> After(string? last, IReadOnlyList<ClusterMember> nodes)
    {
        var ordered = nodes.OrderBy(x => x.Name, NodeNameComparer.Instance).ToList();
        var next = last is null ? 0 : Math.Max(0, ordered.FindIndex(x => NodeNameComparer.Instance.Compare(x.Name, last) > 0));
        return ordered.Skip(next).Concat(ordered.Take(next));
    }
}
