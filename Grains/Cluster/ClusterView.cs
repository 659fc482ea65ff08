using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansGateway.Bridges;
using OrleansGateway.Streams;

namespace OrleansGateway.Cluster;

/// <summary>The cluster as this node sees it: the membership, and what the nodes say of themselves.</summary>
internal sealed partial class ClusterView(
    IClusterMembershipService membership,
    IGrainFactory grains,
    BridgeOwners bridges,
    StreamConsumer streams,
    TimeProvider time,
    ILogger<ClusterView> logger) : BackgroundService, IClusterView
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<SiloAddress, NodeDescription> _descriptions = new();
    private readonly ConcurrentDictionary<SiloAddress, Task> _questions = new();
    private readonly HashSet<SiloAddress> _dead = [];

    /// <summary>A node was lost or has stopped.</summary>
    public event Action<SiloAddress>? NodeLost;

    /// <inheritdoc/>
    public IReadOnlyList<ClusterNode> Nodes
    {
        get
        {
            var owner = bridges.OwnerOf(BridgeOptions.Numbers);
            return [.. membership.CurrentSnapshot.Members.Values

                // A node that came back has rows of its former lives too, where its ports were others at others: the newest speaks for it.
                .GroupBy(x => x.SiloAddress.Endpoint)
                .Select(x => x.MaxBy(y => y.SiloAddress.Generation)!)
                .GroupBy(x => (x.Name, x.SiloAddress.Endpoint.Address))
                .Select(x => x.MaxBy(y => y.SiloAddress.Generation)!)
                .Select(x => Describe(x, owner))
                .OrderBy(x => x.Name, NodeNameComparer.Instance)];
        }
    }

    /// <summary>The newest node that was heard of at each place, dead or alive.</summary>
    public ImmutableDictionary<SiloAddress, NodeDescription> Known => _descriptions
        .GroupBy(x => x.Key.Endpoint)
        .Select(x => x.MaxBy(y => y.Key.Generation))
        .ToImmutableDictionary();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Follow(stoppingToken);
        }
        finally
        {
            await Task.WhenAll(_questions.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Follow(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
        {
            foreach (var member in snapshot.Members.Values)
            {
                if (member.Status == SiloStatus.Dead)
                {
                    if (_dead.Add(member.SiloAddress))
                    {
                        LogLost(member.Name, member.SiloAddress);
                        streams.HostLost(member.SiloAddress);
                        NodeLost?.Invoke(member.SiloAddress);
                    }
                }
                else if (!_descriptions.ContainsKey(member.SiloAddress) && member.Status == SiloStatus.Active)
                {
                    _ = _questions.GetOrAdd(member.SiloAddress, silo => Ask(silo, stoppingToken));
                }
            }
        }
    }

    private ClusterNode Describe(ClusterMember member, SiloAddress? owner)
    {
        _descriptions.TryGetValue(member.SiloAddress, out var description);
        var status = member.Status switch
        {
            SiloStatus.Active => NodeStatus.Active,
            SiloStatus.Dead => NodeStatus.Dead,
            SiloStatus.ShuttingDown or SiloStatus.Stopping => NodeStatus.ShuttingDown,
            _ => NodeStatus.Joining,
        };
        return new ClusterNode(
            member.Name,
            member.SiloAddress.Endpoint.ToString(),
            description?.Http ?? AtSamePlace(member.SiloAddress)?.Http,
            status,
            description?.Since,
            Bridge: member.SiloAddress.Equals(owner) && status != NodeStatus.Dead);
    }

    private NodeDescription? AtSamePlace(SiloAddress silo) => _descriptions.FirstOrDefault(x => x.Key.Endpoint.Equals(silo.Endpoint)).Value;

    private async Task Ask(SiloAddress silo, CancellationToken cancellationToken)
    {
        while (membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active)
        {
            try
            {
                foreach (var (node, description) in await grains.GetGrain<INodeGrain>(silo.ToParsableString()).Describe().WaitAsync(cancellationToken))
                {
                    _descriptions.TryAdd(node, description);
                }

                break;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogNoAnswer(exception, silo);
                await Task.Delay(AskAgain, time, cancellationToken);
            }
        }

        _questions.TryRemove(silo, out _);
    }

    [LoggerMessage(1, LogLevel.Information, "{Name} ({Silo}) is gone")]
    private partial void LogLost(string name, SiloAddress silo);

    [LoggerMessage(2, LogLevel.Debug, "{Silo} does not say who it is yet")]
    private partial void LogNoAnswer(Exception exception, SiloAddress silo);
}

/// <summary>The cluster's grain answers for the node that it is on.</summary>
[Orleans.Concurrency.StatelessWorker]
internal sealed class ClusterGrain(IClusterView view) : Grain, IClusterGrain
{
    public Task<IReadOnlyList<ClusterNode>> GetNodes() => Task.FromResult<IReadOnlyList<ClusterNode>>(view.Nodes.ToImmutableArray());
}
