namespace OrleansGateway.Tests.Unit.Numbers;

/// <summary>A clock that goes when it is told to.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<Timer> _armed = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;

    /// <summary>Whether something waits for exactly so long from now.</summary>
    public bool IsAwaited(TimeSpan wait) => CountAwaiting(wait) > 0;

    /// <summary>How many wait for exactly so long from now.</summary>
    public int CountAwaiting(TimeSpan wait)
    {
        lock (_lock)
        {
            return _armed.Count(timer => timer.Due == _now + wait);
        }
    }

    public void Advance(TimeSpan by)
    {
        Timer[] due;
        lock (_lock)
        {
            _now += by;
            due = [.. _armed.Where(timer => timer.Due <= _now)];
            _armed.RemoveWhere(timer => timer.Due <= _now && !timer.Rearm());
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private TimeSpan Now
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    /// <summary>Fires once an advance, however many periods that has.</summary>
    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public TimeSpan Due { get; private set; }

        /// <summary>Waits for the next period where it has one.</summary>
        public bool Rearm()
        {
            Due = time._now + _period;
            return _period != Timeout.InfiniteTimeSpan;
        }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                _period = period;
                time._armed.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._now + dueTime;
                    time._armed.Add(this);
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
