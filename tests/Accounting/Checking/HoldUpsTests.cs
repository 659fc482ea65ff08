using System.Diagnostics;
using OrleansGateway.Tests.Accounting.Faults;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>A hold-up is the time for which somebody at a living node waits and nobody there is answered.</summary>
public sealed class HoldUpsTests
{
    // Node 1 is frozen from second 10 to second 18.
    private static readonly Blow Frozen = new(
        new Strike(StrikeKind.Freeze, 1, 2, TimeSpan.FromSeconds(8), TimeSpan.Zero, TimeSpan.Zero), Seconds(10), Seconds(18), Seconds(20));

    [Fact]
    public void Longest_NobodyIsAnsweredForFourSeconds_IsFour() =>
        Assert.Equal(4, Longest((2, 9.5, 11), (2, 11, 15), (3, 15, 15.1), (2, 15.2, 16.5), (3, 16.5, 18)), 0.01);

    [Fact]
    public void Longest_OneWaitsAndOthersAreAnswered_IsBetweenTheirAnswers() =>
        Assert.Equal(3, Longest((2, 9, 18.5), (3, 10, 12), (3, 12.5, 15), (3, 15.5, 17.5)), 0.01);

    [Fact]
    public void Longest_OnlyTheFrozenNodesOwnWait_IsNothing() => Assert.Equal(0, Longest((1, 9, 20), (2, 3, 4)), 0.01);

    [Fact]
    public void Longest_NobodyPublishesForAWhile_BeginsWithTheNextPublish() =>
        Assert.Equal(1, Longest((2, 10, 10.5), (2, 14, 15), (2, 17.9, 18)), 0.1);

    private static long Seconds(double seconds) => (long)(seconds * Stopwatch.Frequency);

    private static double Longest(params (int Node, double Begun, double Ended)[] attempts)
    {
        var publications = attempts.Select((x, i) => new Publication
        {
            Publisher = 1,
            Channel = "c",
            Contents = [new Content(1, i + 1, 1)],
            Attempts = [new Attempt(x.Node, Seconds(x.Begun), Seconds(x.Ended), Outcome.Acknowledged, new Id("e", i + 1), new Id("e", i + 1), "200")],
        });
        var channel = new ChannelHistory { Channel = "c", End = attempts.Length, Publications = [.. publications], Readings = [], Whole = [] };
        return HoldUps.Longest([Frozen], [channel]).Longest.TotalSeconds;
    }
}
