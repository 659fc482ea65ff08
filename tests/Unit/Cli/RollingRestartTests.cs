using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Tests.Unit.Hosting;

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

    [Fact]
    public async Task Run_ToldToEndWhileAPartIsRestarted_LeavesTheOthers()
    {
        using var state = new TemporaryState();
        using var stop = new CancellationTokenSource();
        var restarted = new List<string>();
        var gateway = Gateway.Open(new Dictionary<string, string?> { ["Gateway:State"] = state.Path }, Intent.Use);
        var rolling = new RollingRestart(gateway, Restart, TimeProvider.System);

        Assert.Equal("told to end", await rolling.RunAsync(Parts, stop.Token));
        Assert.Equal(["node-1", "node-2"], restarted);
        Assert.Equal(["node-3", "numbers"], rolling.Left.Select(x => x.Name));

        async Task<string?> Restart(Part part)
        {
            restarted.Add(part.Name);
            if (restarted.Count == 2)
            {
                await stop.CancelAsync();
            }

            return null;
        }
    }
}
