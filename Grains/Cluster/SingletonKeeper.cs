using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Cluster;

/// <summary>
/// Keeps grains alive of which the cluster has one: pokes them several times a second, and at once when a node dies.
/// A call that hangs, since it goes to a node whose death is not known yet, does not hold up the next.
/// </summary>
internal abstract partial class SingletonKeeper(
    IClusterMembershipService membership,
    ILocalSiloDetails local,
    ClusterView cluster,
    TimeProvider time,
    ILogger logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _now = new(0);

    /// <summary>The grains that there are to be, by name, and how each is poked. Asked for each time.</summary>
    protected abstract IEnumerable<(string Name, Func<Task> Poke)> Singletons { get; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var calls = new Dictionary<string, (Task Call, long Begun)>();
        cluster.NodeLost += OnNodeLost;
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                // A node that is leaving must not call back to life what has just been handed over.
                var afresh = await _now.WaitAsync(Period, stoppingToken);
                if (membership.CurrentSnapshot.GetSiloStatus(local.SiloAddress) != SiloStatus.Active)
                {
                    continue;
                }

                foreach (var (name, poke) in Singletons)
                {
                    if (afresh || !calls.TryGetValue(name, out var last) || last.Call.IsCompleted || time.GetElapsedTime(last.Begun) > Patience)
                    {
                        calls[name] = (Watch(name, poke, stoppingToken), time.GetTimestamp());
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            cluster.NodeLost -= OnNodeLost;
        }
    }

    /// <summary>Has them poked at once.</summary>
    protected void PokeNow() => _now.Release();

    /// <summary>A node was lost: whatever it held has to be poked anew.</summary>
    protected virtual void OnNodeLost(SiloAddress silo) => PokeNow();

    private async Task Watch(string name, Func<Task> poke, CancellationToken stoppingToken)
    {
        try
        {
            await poke().WaitAsync(stoppingToken);
        }
        catch (Exception exception)
        {
            LogNoAnswer(logger, exception, name);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Name} does not answer")]
    private static partial void LogNoAnswer(ILogger logger, Exception exception, string name);
}
