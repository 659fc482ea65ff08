using OrleansGateway.Tests.EndToEnd.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>Starts that cannot go well, and one that can although something is missing.</summary>
public sealed class StartTests(ITestOutputHelper output)
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
        Assert.Equal(1, await node.Exit());
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

    [Fact]
    public async Task Node_NumberServerIsAway_StartsSaysSoAndGoesOnWhenItComes()
    {
        string address;
        await using (var before = new CountingServer(1))
        {
            address = before.Address;
        }

        await using var nodes = new GatewayNodes(address, output);
        await nodes.Start(1);
        await Until.True(() => nodes[1].Output.Contains($"no connection to {address}", StringComparison.Ordinal), "it says that the number server is away");
        await using var reader = await Reader.Open(nodes.Address(1), "numbers", "raw");
        await using var numbers = new CountingServer(50, int.Parse(address.Split(':')[1]));
        await reader.WaitForMore("numbers come", 10);
        numbers.Cut();
        await reader.WaitForMore("numbers come again", 50);
        reader.CheckNumbers();
    }
}
