using OrleansGateway.Cli.Status;
using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Cli.Live;

/// <summary>Asks the nodes that work how they see the cluster, and says who owns the bridge and who does not answer.</summary>
/// <param name="poll">Asks a node.</param>
/// <param name="say">Says something.</param>
/// <param name="wake">Called when an answer is there.</param>
internal sealed class BridgeNews(ClusterPoll poll, Action<string, Tone> say, Action wake)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(2);

    private readonly BridgeWatch _bridge = new();

    /// <summary>A node is gone.</summary>
    public void Lost(string node, TimeSpan now) => _bridge.Lost(node, now);

    /// <summary>A node works that was gone.</summary>
    public void Returned(string node) => _bridge.Returned(node);

    /// <summary>Asks a node when it is time, and hears its answer when it is there.</summary>
    public void Ask(WatchedPart part, TimeSpan now, CancellationToken stop)
    {
        if (part.Part.Node is null)
        {
            return;
        }

        if (part.Question is { IsCompleted: true } answered)
        {
            part.Question = null;
            if (answered is { IsCompletedSuccessfully: true, Result: { } report })
            {
                Answered(part, report, now);
            }
        }

        if (part.Question is null && now - part.AskedAt >= AskEvery)
        {
            part.AskedAt = now;
            part.Question = AskAsync(new Uri(part.Part.Address), stop);
        }

        if (!part.IsSilent && !part.IsStopping && now - part.AnsweredAt > SilentAfter)
        {
            part.IsSilent = true;
            say($"{part.Name} does not answer (process {part.Process?.Pid})", Tone.Bad);
        }
    }

    private async Task<ClusterReport?> AskAsync(Uri node, CancellationToken stop)
    {
        var report = await poll.AskAsync(node, stop);
        wake();
        return report;
    }

    private void Answered(WatchedPart part, ClusterReport report, TimeSpan now)
    {
        part.AnsweredAt = now;
        if (part.IsSilent)
        {
            part.IsSilent = false;
            say($"{part.Name} answers again", Tone.Good);
        }

        if (_bridge.Report(part.Name, report.Bridge, now) is { } change)
        {
            say(
                change.Before is null ? $"{change.Owner} owns the bridge of the numbers"
                : change.Took is { } took ? $"{change.Owner} took the bridge over, {took.TotalSeconds:0.00} s after {change.Before} was gone"
                : $"{change.Owner} took the bridge over from {change.Before}",
                Tone.Notable);
        }
    }
}
