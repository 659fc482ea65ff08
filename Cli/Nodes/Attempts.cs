using OrleansGateway.Cli.Commands;

namespace OrleansGateway.Cli.Nodes;

/// <summary>
/// The pace of attempts: after a failure the next node's turn is at once, and when all had theirs there is a pause, longer each time.
/// Who has reached no node yet gives up soon: nothing runs, or not there.
/// </summary>
/// <param name="ring">The nodes.</param>
/// <param name="first">How long to look for a first node.</param>
/// <param name="time">The clock.</param>
internal sealed class Attempts(NodeRing ring, TimeSpan first, TimeProvider time)
{
    /// <summary>How long to look for a first node where nobody says otherwise: 3 seconds.</summary>
    public static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly long _began = time.GetTimestamp();
    private TimeSpan _pause = ShortestPause;
    private int _failures;

    /// <summary>Whether a node was ever reached.</summary>
    public bool Reached { get; private set; }

    /// <summary>A node is there. Whether it does what it was asked for is to be seen.</summary>
    public void Found() => Reached = true;

    /// <summary>A node does what it was asked for.</summary>
    public void Succeeded() => (Reached, _failures, _pause) = (true, 0, ShortestPause);

    /// <summary>One did not: the next one's turn, at once or after a pause.</summary>
    /// <returns>Whether this was the first time in a row that all of them failed.</returns>
    /// <exception cref="CommandFailure">There is nobody.</exception>
    public async Task<bool> FailedAsync(NodeFailure failure, CancellationToken stop)
    {
        Reached |= failure.Reached;
        ring.MoveOn();
        _failures++;
        if (_failures % ring.All.Count != 0)
        {
            return false;
        }

        if (!Reached && time.GetElapsedTime(_began) >= first)
        {
            throw new CommandFailure($"no node answers: {failure.Message}; {Usage.Program} start starts a gateway here, --state or --url says where it is");
        }

        await Task.Delay(_pause, time, stop);
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        return _failures == ring.All.Count;
    }
}
