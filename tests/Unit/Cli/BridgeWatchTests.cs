using OrleansGateway.Cli.Live;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class BridgeWatchTests
{
    private readonly BridgeWatch _watch = new();

    [Fact]
    public void Report_TheFirstOwner_IsNewOnce()
    {
        Assert.Equal(new BridgeChange("node-1", null, null), Report("node-2", "node-1", 1));
        Assert.Null(Report("node-3", "node-1", 2));
        Assert.Equal("node-1", _watch.Owner);
    }

    [Fact]
    public void Report_AfterTheDeathOfTheOwner_TellsHowLongItTook()
    {
        Report("node-2", "node-1", 1);
        _watch.Lost("node-1", Seconds(10));

        Assert.Null(Report("node-2", "node-1", 10.1));
        Assert.Null(Report("node-3", null, 10.2));
        Assert.Equal(new BridgeChange("node-3", "node-1", Seconds(0.5)), Report("node-3", "node-3", 10.5));
        Assert.Null(Report("node-2", "node-3", 10.6));
    }

    [Fact]
    public void Report_OfAnotherOwnerWhileOneStillNamesTheOld_Waits()
    {
        Report("node-2", "node-1", 1);
        Report("node-3", "node-1", 1);

        Assert.Null(Report("node-2", "node-2", 2));
        Assert.Equal("node-1", _watch.Owner);
        Assert.Equal(new BridgeChange("node-2", "node-1", null), Report("node-3", "node-2", 3));
    }

    [Fact]
    public void Report_OfANodeThatIsGone_DoesNotCount()
    {
        Report("node-2", "node-1", 1);
        _watch.Lost("node-2", Seconds(2));

        Assert.Null(Report("node-2", "node-3", 3));
        Assert.Equal("node-1", _watch.Owner);
    }

    [Fact]
    public void Lost_TheLastOneThatNamedTheOldOwner_LetsTheNewOneCount()
    {
        Report("node-2", "node-1", 1);
        Report("node-3", "node-1", 1);
        Report("node-2", "node-2", 2);
        _watch.Lost("node-3", Seconds(3));

        Assert.Equal(new BridgeChange("node-2", "node-1", null), Report("node-2", "node-2", 4));
    }

    [Fact]
    public void Lost_TwoOwnersOneAfterTheOther_TellsOfEach()
    {
        Report("node-3", "node-1", 1);
        _watch.Lost("node-1", Seconds(10));
        Report("node-3", "node-2", 10.4);
        _watch.Lost("node-2", Seconds(11));

        Assert.Equal(new BridgeChange("node-3", "node-2", Seconds(2)), Report("node-3", "node-3", 13));
    }

    [Fact]
    public void Returned_AnOldOwner_CanOwnItAgain()
    {
        Report("node-1", "node-1", 1);
        _watch.Lost("node-1", Seconds(2));
        Assert.Null(Report("node-1", "node-1", 3));
        _watch.Returned("node-1");

        Assert.Equal(new BridgeChange("node-1", "node-1", Seconds(2)), Report("node-1", "node-1", 4));
    }

    private BridgeChange? Report(string from, string? owner, double seconds) => _watch.Report(from, owner, Seconds(seconds));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
