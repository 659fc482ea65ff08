using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Commands.Lifecycle;

/// <summary>The command as a newcomer uses it.</summary>
public sealed class DemoTests(ITestOutputHelper output)
{
    [Fact]
    public async Task StartStatusKillStartStop_ThreeNodes_SayAndDoWhatTheyShould()
    {
        await using var gateway = new TestGateway();
        await gateway.Do("start");
        await using (var reader = await Reader.Open(gateway.Node(3), "numbers", "raw"))
        {
            await reader.WaitForMore("numbers from the number server");
            Assert.All(reader.Messages, x => Assert.InRange(int.Parse(x.Text), 0, 10));
        }

        Assert.Equal((0, 4), await gateway.Running());
        await TestGateway.Signal(gateway.Pid("node-2"), "KILL");
        await Until.True(async () => await gateway.Running() == (3, 3), "status says that one is dead");
        await gateway.Do("start", "node", "2");
        Assert.Equal((0, 4), await gateway.Running());
        await gateway.Do("stop");
        Assert.Equal((3, 0), await gateway.Running());
    }

    [Fact]
    public async Task Up_APartDoesNotStartAndThatCanNotBeSaid_StopsTheOthers()
    {
        await using var gateway = new TestGateway();
        Directory.CreateDirectory(Path.Combine(gateway.State, "node-1.log"));
        await using var up = UserProgram.Start(
            gateway.Directory, "bash", ["-c", "exec \"$0\" \"$@\" 2>/dev/full", Path.Combine(NodeProcess.Root, "gateway"), "up", "--nodes", "1", .. gateway.Flags]);

        Assert.Equal(1, await up.Exit(40));
        Assert.Equal((3, 0), await gateway.Running());
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Up_NodesAreKilled_SaysWhatHappensAndStopsAllOnInterrupt()
    {
        await using var gateway = new TestGateway();
        await using var up = gateway.Start("up");
        try
        {
            await Until.True(() => Said("curl -N"), "it says where the nodes are", 60);
            await Until.True(async () => await gateway.Running() == (0, 4), "all run");

            // Without a terminal these are no keys.
            await up.Tell("1q");
            await TestGateway.Signal(gateway.Pid("node-2"), "KILL");
            await Until.True(() => Said("start node 2"), "it says how to bring node 2 back");
            await gateway.Do("start", "node", "2");
            await TestGateway.Signal(up.Pid, "INT");
            Assert.Equal(0, await up.Exit(40));
            Assert.Equal((3, 0), await gateway.Running());
            Assert.False(Said("kill -9") || Said("press ") || Said("\e"));
        }
        finally
        {
            output.WriteLine(string.Join('\n', up.Lines));
        }

        bool Said(string words) => up.Lines.Exists(x => x.Contains(words, StringComparison.Ordinal));
    }
}
