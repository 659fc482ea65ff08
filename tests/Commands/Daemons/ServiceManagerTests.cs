using System.Diagnostics;
using System.Globalization;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Daemons;

/// <summary>What a service manager is told (sd_notify), in order: <c>Type=notify-reload</c>.</summary>
public sealed class ServiceManagerTests
{
    [Fact]
    public async Task Node_InAService_TellsOfItsStartReloadLifeAndStop()
    {
        await using var gateway = new TestGateway();
        using var manager = new NotifyListener(Path.Combine(gateway.Directory, "notify"));
        await using var node = Start(gateway, manager, ["WATCHDOG_USEC=400000"], "node");

        Assert.Equal(["STATUS=node-1 starts"], await manager.News());
        Assert.Equal(["READY=1", $"STATUS=node-1 serves at {gateway.Node(1).OriginalString}"], await manager.News());
        Assert.Equal(["WATCHDOG=1"], await manager.Next());

        var before = Microseconds();
        await TestGateway.Signal(node.Pid, "HUP");
        var reloading = await manager.News();
        Assert.Equal("RELOADING=1", reloading[0]);
        Assert.StartsWith("MONOTONIC_USEC=", reloading[1], StringComparison.Ordinal);
        Assert.InRange(long.Parse(reloading[1]["MONOTONIC_USEC=".Length..], CultureInfo.InvariantCulture), before, Microseconds());
        Assert.Equal("READY=1", (await manager.News())[0]);

        // A sign of life that was on its way is read before.
        await TestGateway.Signal(node.Pid, "STOP");
        await manager.TryNext(0.3);
        manager.Drain();
        Assert.Null(await manager.TryNext(0.8));
        await TestGateway.Signal(node.Pid, "CONT");
        Assert.Equal(["WATCHDOG=1"], await manager.Next());

        await TestGateway.Signal(node.Pid, "TERM");
        Assert.Equal(["STOPPING=1", "STATUS=node-1 hands over and stops"], await manager.News());
        Assert.Equal(0, await node.Exit());
    }

    [Fact]
    public async Task Numbers_InAServiceWithAnAbstractSocketAndAWatchdogForAnother_TellOfStartAndStopAlone()
    {
        await using var gateway = new TestGateway();
        using var manager = new NotifyListener($"@gateway-test-{Guid.NewGuid():N}");
        await using var numbers = Start(gateway, manager, ["WATCHDOG_USEC=20000", "WATCHDOG_PID=1"], "numbers");

        Assert.Equal(["STATUS=numbers starts"], await manager.Next());
        Assert.Equal(["READY=1", $"STATUS=numbers serves at 127.0.0.1:{gateway.NumbersPort}"], await manager.Next());
        await TestGateway.Signal(numbers.Pid, "TERM");
        Assert.Equal("STOPPING=1", (await manager.Next())[0]);
        Assert.Equal(0, await numbers.Exit());
    }

    private static UserProgram Start(TestGateway gateway, NotifyListener manager, string[] environment, string command) => UserProgram.Start(
        gateway.Directory, "env", [$"NOTIFY_SOCKET={manager.Name}", .. environment, Path.Combine(NodeProcess.Root, "gateway"), command, .. gateway.Flags]);

    private static long Microseconds() => (long)Stopwatch.GetElapsedTime(0).TotalMicroseconds;
}
