namespace OrleansGateway.Cli.Publishing;

/// <summary>How long an answer has been waited for. What does not count is time in which nobody waited for one, or could have taken it.</summary>
/// <param name="time">The clock.</param>
internal sealed class AnswerClock(TimeProvider time)
{
    // Who looks several times a second and comes so late was suspended.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _began = time.GetTimestamp();
    private long _looked = time.GetTimestamp();

    /// <summary>There is an answer: the next one is waited for.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _began = time.GetTimestamp();
        }
    }

    /// <summary>Looks at it, which is to be done all the time.</summary>
    /// <param name="waits">Whether an answer is waited for now, and would be taken.</param>
    /// <param name="since">The time before does not count either.</param>
    public TimeSpan Look(bool waits, long since = 0)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _began = waits && time.GetElapsedTime(_looked, now) <= Pause ? _began : now;
            _looked = now;
            return time.GetElapsedTime(Math.Max(_began, since), now);
        }
    }
}
