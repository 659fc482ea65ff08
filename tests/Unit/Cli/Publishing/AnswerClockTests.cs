using OrleansGateway.Cli.Publishing;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Cli.Publishing;

public sealed class AnswerClockTests
{
    private readonly ManualTime _time = new();
    private readonly AnswerClock _clock;

    public AnswerClockTests() => _clock = new AnswerClock(_time);

    [Fact]
    public void Look_WhileAnAnswerIsWaitedFor_CountsSinceTheLastOne()
    {
        Assert.Equal(0.6, Look(0.6));
        Assert.Equal(1.2, Look(0.6));
        _clock.Restart();
        Assert.Equal(0.6, Look(0.6));
        Assert.Equal(0.5, Look(0.5, since: _time.GetTimestamp()));
        Assert.Equal(1.1, Look(0));
    }

    [Fact]
    public void Look_WhileNoneCouldBeTaken_BeginsAnew()
    {
        Assert.Equal(0.6, Look(0.6));
        Assert.Equal(0, Look(0.6, waits: false));
        Assert.Equal(0.6, Look(0.6));
    }

    [Fact]
    public void Look_AfterTheProcessWasSuspended_BeginsAnew()
    {
        Assert.Equal(0.6, Look(0.6));
        Assert.Equal(0, Look(3600));
        Assert.Equal(0.6, Look(0.6));
    }

    private double Look(double after, bool waits = true, long since = 0)
    {
        _time.Advance(TimeSpan.FromSeconds(after));
        return _clock.Look(waits, since).TotalSeconds;
    }
}
