namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>The clock by which a silo measures leases: the real one, put forward by as much as the test says.</summary>
internal sealed class LeaseClock : TimeProvider
{
    private long _ahead;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _ahead);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));
}
