using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class RollingRestartTests
{
    private static readonly Dictionary<string, string?> None = [];
    private static readonly Part[] Parts = [.. new[] { "node-1", "node-2", "node-3", "numbers" }.Select(x => new Part(x, None, None))];

    [Fact]
    public void Order_OfParts_HasTheDeadFirstAndTheOwnerOfTheBridgeAsTheLastNode() => Assert.Equal(
        ["node-3", "node-2", "node-1", "numbers"], RollingRestart.Order(Parts, owner: "node-1", dead: [Parts[2]]).Select(x => x.Name));

    [Fact]
    public void Order_WithoutAnOwner_IsThatOfTheirNumbers() => Assert.Equal(
        Parts.Select(x => x.Name), RollingRestart.Order(Parts, owner: null, dead: []).Select(x => x.Name));
}
