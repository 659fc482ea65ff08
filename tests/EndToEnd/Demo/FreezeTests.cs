using OrleansGateway.Tests.EndToEnd.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>Processes that stand still for a while: nobody dies who is alive, and who was taken for dead says nothing stale.</summary>
public sealed class FreezeTests(ITestOutputHelper output)
{
    // A laptop's sleep by hand: GATEWAY_FREEZE_SECONDS=60 ./test.sh EndToEnd --filter FreezeTests
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("GATEWAY_FREEZE_SECONDS") ?? "7"));

    [Fact]
    public async Task Nodes_AllFrozenTogether_AreWholeAgainWithinTenSeconds()
    {
        await using var numbers = new CountingServer(100);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        foreach (var node in new[] { 1, 2, 3 })
        {
            nodes[node].Freeze();
        }

        using (var sleep = new PeriodicTimer(Frozen))
        {
            await sleep.WaitForNextTickAsync();
        }

        foreach (var node in new[] { 1, 2, 3 })
        {
            nodes[node].Thaw();
        }

        await nodes.Whole(10, 1, 2, 3);
        foreach (var node in new[] { 1, 2, 3 })
        {
            Assert.True(nodes[node].IsAlive);
            await using var reader = await Reader.Open(nodes.Address(node), "numbers", "raw");
            await reader.WaitForMore("numbers flow", 20, 10);
            reader.CheckNumbers();
        }
    }

    [Fact]
    public async Task Owner_FrozenAndReplaced_WakesUpSaysNothingStaleAndBeginsAnew()
    {
        await using var numbers = new CountingServer(100);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        var owner = await nodes.Owner(1, 2, 3);
        var survivors = new[] { 1, 2, 3 }.Where(x => x != owner).ToArray();
        var readers = new List<Reader>();
        foreach (var node in survivors)
        {
            readers.Add(await Reader.Open(nodes.Address(node), "numbers", "sse"));
            readers.Add(await Reader.Open(nodes.Address(node), "numbers", "ws"));
        }

        await Task.WhenAll(readers.Select(x => x.WaitForMore("first numbers", 20)));
        nodes[owner].Freeze();
        try
        {
            await Until.True(
                async () => (await nodes.View(survivors[0])).Any(x => x.Bridge && x.Name != $"node-{owner}" && x.Status == "active"),
                "another node takes over",
                15);
            await Task.WhenAll(readers.Select(x => x.WaitForMore("goes on", 100)));
        }
        finally
        {
            nodes[owner].Thaw();
        }

        await nodes.Whole(10, 1, 2, 3);
        Assert.True(nodes[owner].IsAlive);
        Assert.Contains("begins anew", nodes[owner].Output, StringComparison.Ordinal);
        await Task.WhenAll(readers.Select(x => x.WaitForMore("goes on", 100)));
        Assert.All(readers, x => x.CheckNumbers());
    }
}
