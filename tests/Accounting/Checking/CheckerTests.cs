namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>What the checker is worth: it is silent on what is right and finds whatever is wrong.</summary>
public sealed class CheckerTests
{
    public static TheoryData<string> Sabotages => [.. Sabotage.All.Select(x => x.Name)];

    [Fact]
    public void Check_FaultlessHistory_FindsNothing() => Assert.Equal("nothing is wrong", Checker.Check(MadeUpHistory.Make()).ToString());

    [Fact]
    public void Check_Copy_FindsNothingAndTheOriginalStays()
    {
        var history = MadeUpHistory.Make();
        var copy = history.Copy();
        Assert.Empty(Checker.Check(copy).All);
        copy.Readings[0].Connections[0].Deliveries.Clear();
        Assert.Empty(Checker.Check(history).All);
    }

    [Theory]
    [MemberData(nameof(Sabotages))]
    public void Check_FalsifiedHistory_FindsWhatWasDone(string name)
    {
        var sabotage = Sabotage.All.Single(x => x.Name == name);
        var history = MadeUpHistory.Make();
        sabotage.Apply(history);
        Assert.Contains(sabotage.Expected, Checker.Check(history).All.Select(x => x.Fault));
    }

    [Fact]
    public void Check_UnansweredMessageInOneSubscriberOnly_IsFound()
    {
        // It was out: whoever gets it under the id of another message saw something else than the rest.
        var history = MadeUpHistory.Make();
        var unanswered = history.Publications.Single(x => !x.IsAcknowledged && x.Contents[0].Number == 91).Contents[0];
        var deliveries = history.Readings[0].Connections[^1].Deliveries;
        deliveries[3] = deliveries[3] with { Content = unanswered };
        Assert.Contains(Fault.Diverged, Checker.Check(history).All.Select(x => x.Fault));
    }
}
