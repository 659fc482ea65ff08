using System.Threading.Channels;

namespace OrleansGateway.Numbers.Server;

/// <summary>A wait that ends at a set time, or earlier when somebody rings.</summary>
internal sealed class Alarm : IDisposable
{
    // A timer has whole milliseconds; shorter waits cost more than they are worth: what is due is sent in one go.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Channel<bool> _rings = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly ITimer _timer;

    public Alarm(TimeProvider time) => _timer = time.CreateTimer(
        static alarm => ((Alarm)alarm!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Waits for a while, at least 2 ms and at most an hour, or for a ring, also one from before.</summary>
    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var milliseconds = Math.Ceiling(Math.Clamp(atMost.TotalMilliseconds, Shortest.TotalMilliseconds, Longest.TotalMilliseconds));
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
        await _rings.Reader.ReadAsync(cancellationToken);
    }

    /// <summary>Ends the wait, or the next one when nobody waits.</summary>
    public void Ring() => _rings.Writer.TryWrite(true);

    public void Dispose() => _timer.Dispose();
}
