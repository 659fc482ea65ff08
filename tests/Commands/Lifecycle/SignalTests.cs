using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Lifecycle;

/// <summary>Parts in the foreground, and the signals that they get.</summary>
public sealed class SignalTests
{
    [Theory]
    [InlineData("numbers", "INT")]
    [InlineData("numbers", "TERM")]
    [InlineData("node", "INT")]
    public async Task Part_ToldToStop_LeavesNothing(string command, string signal)
    {
        await using var gateway = new TestGateway();
        await using var part = gateway.Start(command);
        var name = command == "node" ? "node-1" : command;
        await Until.True(async () => (await gateway.Status()).Parts.TryGetValue(name, out var x) && x.GetProperty("state").GetString() == "running", $"{name} runs", 30);
        Assert.Equal(part.Pid, gateway.Pid(name));

        // Neither ends it.
        await TestGateway.Signal(part.Pid, "PIPE");
        await TestGateway.Signal(part.Pid, "HUP");
        await Until.True(() => part.Lines.Exists(x => x.Contains("configuration reloaded", StringComparison.Ordinal)), "it read its configuration again");
        await TestGateway.Signal(part.Pid, signal);
        Assert.Equal(0, await part.Exit());
        Assert.Empty(Directory.EnumerateFiles(gateway.State, "*.pid"));

        // Its ports and its lock are free.
        await gateway.Do("start", command == "node" ? "node-1" : command);
    }

    [Fact]
    public async Task StopForce_OfAFrozenPart_KillsIt()
    {
        await using var gateway = new TestGateway();
        await gateway.Do("start", "numbers");
        await TestGateway.Signal(gateway.Pid("numbers"), "STOP");
        Assert.Contains("was killed", (await gateway.Do("stop", "numbers", "--force")).Output, StringComparison.Ordinal);
        Assert.Equal((3, 0), await gateway.Running());
    }
}
