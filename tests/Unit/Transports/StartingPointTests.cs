using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

/// <summary>The sentences of the contract on where a subscription begins. The channel keeps the messages 11 to 20 unless it says otherwise.</summary>
public class StartingPointTests
{
    [Fact]
    public void Choose_All_BeginsWithTheOldestKept() => Assert.Equal(After(10), Choose(new Since(SinceKind.All)));

    [Fact]
    public void Choose_AllOfAnEmptyChannel_BeginsBeforeTheFirstMessage() => Assert.Equal(After(0), Choose(new Since(SinceKind.All), newest: 0, oldest: 1));

    [Fact]
    public void Choose_Latest_BeginsWithTheLastMessage() => Assert.Equal(After(19), Choose(new Since(SinceKind.Latest)));

    [Fact]
    public void Choose_LatestOfAnEmptyChannel_BeginsBeforeTheFirstMessage() =>
        Assert.Equal(After(0), Choose(new Since(SinceKind.Latest), newest: 0, oldest: 1));

    [Fact]
    public void Choose_LatestWhereAllHasExpired_BeginsWithTheNext() => Assert.Equal(After(20), Choose(new Since(SinceKind.Latest), newest: 20, oldest: 21));

    [Fact]
    public void Choose_Time_ReadsAllThatIsKeptFromThatTimeAndNeverSaysAGap() =>
        Assert.Equal(new Start(new MessageId("aaaa", 10), FromTimeMs: 1234), Choose(new Since(SinceKind.Time, TimeMs: 1234)));

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(19)]
    [InlineData(20)]
    public void Choose_IdWhoseNextIsKept_BeginsAfterIt(long offset) => Assert.Equal(After(offset), Choose(Id("aaaa", offset)));

    [Theory]
    [InlineData(9, 1)]
    [InlineData(5, 5)]
    [InlineData(0, 10)]
    public void Choose_IdWhoseNextIsNoLongerKept_SaysHowManyAreMissingAndBeginsWithTheOldest(long offset, long missed) =>
        Assert.Equal(After(10, Gap("aaaa", offset, resumed: 10, missed)), Choose(Id("aaaa", offset)));

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(30)]
    public void Choose_IdOfAnotherEpoch_SaysAGapThatNobodyCanCountAndBeginsWithTheOldest(long offset) =>
        Assert.Equal(After(10, Gap("bbbb", offset, resumed: 10, missed: null)), Choose(Id("bbbb", offset)));

    [Theory]
    [InlineData(21)]
    [InlineData(long.MaxValue)]
    public void Choose_IdBeyondTheNewest_SaysAGapThatNobodyCanCountAndBeginsWithTheNext(long offset) =>
        Assert.Equal(After(20, Gap("aaaa", offset, resumed: 20, missed: null)), Choose(Id("aaaa", offset)));

    [Fact]
    public void Choose_IdBeforeTheFirst_BeginsWithTheFirstWhereItIsKept() => Assert.Equal(After(0), Choose(Id("aaaa", 0), newest: 3, oldest: 1));

    [Fact]
    public void Choose_IdOfTheNewestWhereAllHasExpired_BeginsWithTheNext() => Assert.Equal(After(20), Choose(Id("aaaa", 20), newest: 20, oldest: 21));

    [Fact]
    public void Choose_IdWhereAllHasExpired_SaysWhatIsMissing() =>
        Assert.Equal(After(20, Gap("aaaa", 15, resumed: 20, missed: 5)), Choose(Id("aaaa", 15), newest: 20, oldest: 21));

    private static Start Choose(Since since, long newest = 20, long oldest = 11) =>
        StartingPoint.Choose("c", since, new ChannelPage(new ChannelPosition(1, "aaaa", newest), oldest, []));

    private static Since Id(string epoch, long offset) => new(SinceKind.Id, new MessageId(epoch, offset));

    private static Start After(long offset, Gap? gap = null) => new(new MessageId("aaaa", offset), Gap: gap);

    private static Gap Gap(string epoch, long after, long resumed, long? missed) =>
        new("c", new MessageId(epoch, after), new MessageId("aaaa", resumed), missed);
}
