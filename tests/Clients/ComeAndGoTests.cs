using Xunit.Abstractions;

namespace OrleansGateway.Tests.Clients;

/// <summary>Ten thousand subscribers that come, read their first bytes and go leave nothing behind.</summary>
[Collection(HardWork.Name)]
public sealed class ComeAndGoTests(ITestOutputHelper output)
{
    private const int Warming = 5_000;
    private const int Counted = 10_000;
    private const int AtATime = 20;

    // Half of what a leak of 1 KB each would be.
    private const long MayGrowBytes = Counted * 1024L / 2;

    [Fact]
    public async Task ComeAndGo_OnAllTransports_LeaveConnectionsAndMemoryWhereTheyWere()
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output) { Environment = new Dictionary<string, string> { ["DOTNET_gcConcurrent"] = "0" } };
        await nodes.Start(1);
        await nodes.Publish(1, "c", "hello");
        await ComeAndGo(nodes, Warming);
        var before = await Left(nodes);
        await ComeAndGo(nodes, Counted);
        var after = await Left(nodes);
        output.WriteLine($"{before.Descriptors} descriptors and {before.Bytes} bytes before, {after.Descriptors} and {after.Bytes} after {Counted} more");

        // A node has some for a moment, for what it does itself: who asked for its heap is such a one.
        await Until.True(() => Descriptors(nodes) <= before.Descriptors, $"there are no more descriptors than the {before.Descriptors} before", 5);
        Assert.True(after.Bytes <= before.Bytes + MayGrowBytes, $"{before.Bytes} bytes before, {after.Bytes} after {Counted} more");
    }

    private static async Task ComeAndGo(GatewayNodes nodes, int count)
    {
        var node = nodes.Address(1);
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (i, _) =>
        {
            using var client = await RawClient.Open(RawClient.NewSocket(), node, "c", RawClient.Transports[i % RawClient.Transports.Length]);
            if (i % 2 == 0)
            {
                client.Reset();
            }
        });
    }

    /// <summary>What the node holds when nobody is there.</summary>
    private static async Task<(int Descriptors, long Bytes)> Left(GatewayNodes nodes)
    {
        var (port, pid) = (nodes.Address(1).Port, nodes[1].Pid);
        await Until.True(() => OpenConnections.At(port, pid).Count <= 2, "all connections are closed, but for those of who waited for the node and who published", 5);
        var bytes = await ManagedHeap.Collect(pid);
        return (Descriptors(nodes), bytes);
    }

    private static int Descriptors(GatewayNodes nodes) => Directory.GetFiles($"/proc/{nodes[1].Pid}/fd").Length;
}
