using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>Starts that cannot go well.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("--http")]
    [InlineData("--silo")]
    [InlineData("--orleans-gateway")]
    public async Task Node_PortIsTaken_SaysWhoseAndWhichFlagChangesIt(string flag)
    {
        await using var taken = new CountingServer(1);
        var port = taken.Address.Split(':')[1];
        await using var nodes = new GatewayNodes(taken.Address);
        using var node = new NodeProcess([.. nodes.Arguments(1), flag, port]);
        Assert.Equal(1, await node.Exit(15));
        Assert.Contains(port, node.Output, StringComparison.Ordinal);
        Assert.Contains(flag, node.Output, StringComparison.Ordinal);
        Assert.Contains($"{Environment.ProcessId}", node.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--htp", "8088", "--http")]
    [InlineData("--http", "99999", "65535")]
    [InlineData("--membership", "zookeeper", "development")]
    public async Task Node_BadFlag_ExitsWith2AndSaysWhatIsAllowed(string flag, string value, string said)
    {
        await using var nodes = new GatewayNodes("127.0.0.1:1");
        using var node = new NodeProcess([.. nodes.Arguments(1), flag, value]);
        Assert.Equal(2, await node.Exit());
        Assert.Contains(said, node.Output, StringComparison.Ordinal);
    }
}
