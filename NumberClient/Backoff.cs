namespace OrleansGateway.Numbers;

/// <summary>
/// How long to wait before the next attempt: doubles with every failure, between two bounds, and is spread so that
/// many clients of one server that died do not all come back at the same moment.
/// </summary>
/// <param name="min">The shortest wait.</param>
/// <param name="max">The longest wait.</param>
/// <param name="random">Gives 0 up to 1, evenly.</param>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Func<double> random)
{
    /// <summary>How many failures there were in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>Counts a failure. The wait is spread over the upper half of 2, 4, 8 … times the shortest, up to the longest.</summary>
    public TimeSpan Next()
    {
        Failures++;
        var ceiling = Math.Min(max.Ticks, min.Ticks * Math.Pow(2, Math.Min(Failures, 62)));
        var floor = Math.Max(min.Ticks, ceiling / 2);
        var ticks = (long)(floor + (random() * (ceiling - floor)));
        return TimeSpan.FromTicks(Math.Clamp(ticks, min.Ticks, max.Ticks));
    }

    /// <summary>It went well: the next failure is the first again.</summary>
    public void Reset() => Failures = 0;
}
