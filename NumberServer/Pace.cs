namespace OrleansGateway.Numbers.Server;

/// <summary>
/// Says how many lines are due. Line k is due at a fixed start plus k periods, so that neither late timers nor rounding
/// add up: over a long time the rate is exact.
/// </summary>
internal sealed class Pace
{
    // What a client is owed at most after the process did not run: a stopped process must not answer with an hour's lines.
    private static readonly double MaxBehind = TimeSpan.FromSeconds(10).Ticks;

    private double _ratePerMinute;
    private double _period;
    private double _start;
    private long _taken;

    /// <summary>Starts: the first line is due at once.</summary>
    /// <param name="ratePerMinute">Lines a minute.</param>
    /// <param name="now">Now, on a clock that never goes back.</param>
    public Pace(double ratePerMinute, TimeSpan now)
    {
        _ratePerMinute = ratePerMinute;
        _period = PeriodOf(ratePerMinute);
        _start = now.Ticks;
    }

    private double NextDue => _start + (_taken * _period);

    /// <summary>Changes the rate: the next line is due one new period after the last one, at once when that is over.</summary>
    public void SetRate(double ratePerMinute, TimeSpan now)
    {
        if (ratePerMinute == _ratePerMinute)
        {
            return;
        }

        var last = NextDue - _period;
        _ratePerMinute = ratePerMinute;
        _period = PeriodOf(ratePerMinute);
        _start = Math.Max(now.Ticks, last + _period);
        _taken = 0;
    }

    /// <summary>Takes the lines that are due, up to so many; the rest stays due.</summary>
    public int Take(TimeSpan now, int max)
    {
        if (now.Ticks - NextDue > MaxBehind)
        {
            _taken += Due(now.Ticks - MaxBehind);
        }

        var taken = (int)Math.Min(Due(now.Ticks), max);
        _taken += taken;
        return taken;
    }

    /// <summary>Drops what came due in a while; what was due before it is still due, and what comes after keeps its times.</summary>
    public void Skip(TimeSpan from, TimeSpan to) => _taken += Due(to.Ticks) - Due(from.Ticks);

    /// <summary>How long until a line is due; zero when one is.</summary>
    public TimeSpan Wait(TimeSpan now)
    {
        var ticks = Math.Max(0, NextDue - now.Ticks);
        return ticks >= TimeSpan.MaxValue.Ticks ? TimeSpan.MaxValue : TimeSpan.FromTicks((long)Math.Ceiling(ticks));
    }

    private long Due(double now) => now < NextDue ? 0 : (long)((now - NextDue) / _period) + 1;

    private static double PeriodOf(double ratePerMinute) => TimeSpan.TicksPerMinute / ratePerMinute;
}
