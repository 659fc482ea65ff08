namespace OrleansGateway.Tests.Accounting.Faults;

/// <summary>The same seed makes the same plan.</summary>
public sealed class PlanTests
{
    private static readonly HashSet<string> All = ["kill", "kill-all", "kill-two", "kill-starting", "freeze", "restart", "rolling-restart", "disk-full"];

    [Fact]
    public void From_SameSeed_IsTheSame()
    {
        Assert.Equal(Plan.From(5, All).Take(50), Plan.From(5, All).Take(50));
        Assert.NotEqual(Plan.From(5, All).Take(50), Plan.From(6, All).Take(50));
    }

    [Fact]
    public void From_AnySeed_HasEveryKindAtOnceAndNeverOneNodeForTwo()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Strike[] strikes = [.. Plan.From(seed, All).Take(8)];
            Assert.Equal(Enum.GetValues<StrikeKind>().Length, strikes.Select(x => x.Kind).Distinct().Count());
            Assert.All(strikes, x => Assert.NotEqual(x.Node, x.Other));
            Assert.All(strikes, x => Assert.InRange(x.Other, 1, AccountingSettings.Nodes));
        }
    }

    [Fact]
    public void From_NothingAllowed_IsEmpty() => Assert.Empty(Plan.From(1, new HashSet<string>()));
}
