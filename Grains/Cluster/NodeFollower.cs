using Microsoft.Extensions.Logging;

namespace OrleansGateway.Cluster;

/// <summary>Keeps one question to each node under way, which waits there until there is an answer: so a node tells what is new without being asked all the time.</summary>
/// <param name="membership">Which nodes there are.</param>
/// <param name="ask">Asks a node what came after what it said last (-1 at first), at most for so long; takes the answer, and says what that was.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For nodes that do not answer.</param>
internal sealed partial class NodeFollower(
    IClusterMembershipService membership, Func<SiloAddress, long, TimeSpan, Task<long>> ask, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WaitThere = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = WaitThere + TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<SiloAddress, Task> _followed = [];

    /// <summary>Follows all nodes, also those that join later.</summary>
    /// <param name="tick">Called once a second; it says whether to go on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task Run(Func<bool> tick, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        do
        {
            foreach (var silo in membership.CurrentSnapshot.Members.Keys.Where(IsActive))
            {
                if (!_followed.TryGetValue(silo, out var following) || following.IsCompleted)
                {
                    _followed[silo] = Follow(silo, over.Token);
                }
            }

            await Task.Delay(Period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (tick() && !cancellationToken.IsCancellationRequested);
        await over.CancelAsync();
        await Task.WhenAll(_followed.Values);
    }

    private async Task Follow(SiloAddress silo, CancellationToken cancellationToken)
    {
        for (var last = -1L; IsActive(silo) && !cancellationToken.IsCancellationRequested;)
        {
            try
            {
                last = await ask(silo, last, WaitThere).WaitAsync(AnswerTimeout, time, cancellationToken);
            }
            catch (Exception exception)
            {
                LogNoAnswer(exception, silo);
                await Task.Delay(BetweenAttempts, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    [LoggerMessage(1, LogLevel.Debug, "{Silo} does not say what is new; trying again")]
    private partial void LogNoAnswer(Exception exception, SiloAddress silo);
}
