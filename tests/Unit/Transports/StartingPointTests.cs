using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Channels;
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
    public void Choose_None_BeginsWithTheNext() => Assert.Equal(After(20), Choose(new Since(SinceKind.None)));

    /// <summary>Whatever times messages have: from the first that is not older, never a gap.</summary>
    [Fact]
    public Task FindId_Time_BeginsWithTheFirstThatIsNotOlder() => Gen.Select(Gen.Int[0, 5].Array[0, 40], Gen.Int[0, 100], Gen.Int[1, 20]).SampleAsync(
        async (steps, from, keep) =>
        {
            var channel = new FakeChannel(TimeProvider.System, new RetentionOptions { Messages = keep });
            await using var relay = new ChannelRelay("c", channel.Client(), TimeProvider.System, NullLogger<ChannelRelay>.Instance);
            var times = new List<int>();
            foreach (var step in steps)
            {
                times.Add((times.Count == 0 ? 0 : times[^1]) + step);
                channel.Append(timeMs: times[^1], padding: 20_000);
            }

            var start = await StartingPoint.FindId(relay, new Since(SinceKind.Time, TimeMs: from), TimeProvider.System, CancellationToken.None);
            var oldest = Math.Max(0, times.Count - keep);
            Assert.Equal((Math.Max(oldest, times.Count(x => x < from)), null), (start.After!.Value.Offset, start.Gap));
        },
        iter: 200);

    // Otherwise whoever waits would be told that something failed, not that his time was over.
    [Fact]
    public async Task FindId_AnAttemptFailsAsItIsCancelled_IsCancelled()
    {
        using var over = new CancellationTokenSource();
        var channel = new FakeChannel(TimeProvider.System);
        await using var relay = new ChannelRelay("c", channel.Client(), TimeProvider.System, NullLogger<ChannelRelay>.Instance);
        await relay.Started;
        channel.BeforeAnswer = () =>
        {
            over.Cancel();
            throw new TimeoutException();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => StartingPoint.FindId(relay, new Since(SinceKind.All), TimeProvider.System, over.Token));
    }

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

    private static (MessageId?, Gap?) Choose(Since since, long newest = 20, long oldest = 11)
    {
        var start = StartingPoint.Choose("c", since, new ChannelPage(new ChannelPosition(1, "aaaa", newest), oldest, []));
        Assert.Equal(new MessageId("aaaa", newest), start.Newest);
        return (start.After, start.Gap);
    }

    private static Since Id(string epoch, long offset) => new(SinceKind.Id, new MessageId(epoch, offset));

    private static (MessageId?, Gap?) After(long offset, Gap? gap = null) => (new MessageId("aaaa", offset), gap);

    private static Gap Gap(string epoch, long after, long resumed, long? missed) =>
        new("c", new MessageId(epoch, after), new MessageId("aaaa", resumed), missed);
}
