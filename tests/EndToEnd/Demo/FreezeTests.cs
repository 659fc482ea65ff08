using System.Diagnostics;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Demo;

/// <summary>Processes that stand still for a while: nobody dies who is alive, and who was taken for dead says nothing stale.</summary>
public sealed class FreezeTests(ITestOutputHelper output)
{
    private static readonly int[] All = [1, 2, 3];

    // A laptop's sleep by hand: GATEWAY_FREEZE_SECONDS=60 ./test.sh EndToEnd --filter AllFrozen
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("GATEWAY_FREEZE_SECONDS") ?? "8"));

    [Fact]
    public async Task Nodes_AllFrozenTogether_AreWholeAgainWithinTenSeconds()
    {
        await using var numbers = new CountingServer(100);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await using var audience = new Audience(nodes);
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        await audience.Join(1, 2, 3);
        Array.ForEach(All, x => nodes[x].Freeze());
        using (var sleep = new PeriodicTimer(Frozen))
        {
            await sleep.WaitForNextTickAsync();
        }

        Array.ForEach(All, x => nodes[x].Thaw());
        var thawed = Stopwatch.GetTimestamp();
        await nodes.Whole(10, 1, 2, 3);
        var whole = Stopwatch.GetElapsedTime(thawed).TotalSeconds;
        await using var after = new Audience(nodes);
        await after.Join(1, 2, 3);
        var took = Stopwatch.GetElapsedTime(thawed).TotalSeconds;
        output.WriteLine($"whole again {whole:F1} s after {Frozen.TotalSeconds} s of frost, with numbers for those who come then {took:F1} s after it");
        Assert.All(All, x => Assert.True(nodes[x].IsAlive, $"node {x} is lost"));

        // It does not fall apart again once all have seen how late it is.
        await after.GoOn("goes on", 300);
        await nodes.Whole(10, 1, 2, 3);
        Assert.All(audience.Present.Concat(after.Present), x => x.CheckNumbers());
    }

    [Fact]
    public async Task Owner_FrozenAndReplaced_WakesUpSaysNothingStaleAndBeginsAnew()
    {
        await using var numbers = new CountingServer(100);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        var owner = await nodes.Owner(1, 2, 3);
        int[] survivors = [.. All.Where(x => x != owner)];
        await using var audience = new Audience(nodes);
        await audience.Join(survivors);
        var pid = nodes[owner].Pid;
        nodes[owner].Freeze();
        try
        {
            await Until.True(
                async () => (await nodes.View(survivors[0])).Any(x => x.Bridge && x.Name != $"node-{owner}" && x.Status == "active"),
                "another node takes over",
                15);
            await audience.GoOn("goes on while the former owner is frozen", 300);

            // The frozen one holds its connection: two are open, and yet the numbers come by one.
            Assert.Equal(2, numbers.Connections);
            Assert.NotEqual(TimeSpan.Zero, numbers.LongestTogether);
        }
        finally
        {
            nodes[owner].Thaw();
        }

        var thawed = Stopwatch.GetTimestamp();
        await nodes.Whole(10, 1, 2, 3);
        output.WriteLine($"whole again {Stopwatch.GetElapsedTime(thawed).TotalSeconds:F1} s after the former owner woke up");
        Assert.True(nodes[owner].IsAlive);
        Assert.Equal(pid, nodes[owner].Pid);
        Assert.Contains("begins anew", nodes[owner].Output, StringComparison.Ordinal);
        await audience.Join(owner);
        await audience.GoOn("goes on with the former owner back", 100);
        Assert.All(audience.Present, x => x.CheckNumbers());
    }

    [Fact]
    public async Task Node_FrozenReplacedAndToldToStop_StopsRatherThanBeginAnew()
    {
        await using var numbers = new CountingServer(100);
        await using var nodes = new GatewayNodes(numbers.Address, output);
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);

        // Who does not read on has it take its time to stop, in which it learns that it was taken for dead.
        using var blocked = await BlockedReader.Open(nodes.Address(2), "blocked", "sse");
        for (var i = 0; i < BlockedReader.TooMuch; i++)
        {
            await nodes.Publish(2, "blocked", BlockedReader.Message(i));
        }

        nodes[2].Freeze();
        await Until.True(async () => (await nodes.View(1)).All(x => x.Name != "node-2" || x.Status == "dead"), "it is taken for dead", 15);
        var stop = nodes[2].Stop();
        nodes[2].Thaw();

        Assert.Equal(0, await stop);
        Assert.DoesNotContain("begins anew", nodes[2].Output, StringComparison.Ordinal);
    }
}
