using System.Globalization;
using System.Runtime.Versioning;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Daemons;

/// <summary>Parts in the background, and commands that are killed, doubled or refused on the way there.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DaemonTests
{
    private static readonly bool IsRoot = Environment.IsPrivilegedProcess;

    [Fact]
    public async Task Start_WithOpenFiles_LeavesAPartInASessionOfItsOwnWithNothingOfItsCaller()
    {
        await using var gateway = new TestGateway();
        var file = Path.Combine(gateway.Directory, "callers");
        await using var start = UserProgram.Start(
            gateway.Directory, "bash", ["-c", "exec 7>\"$0\" 23>\"$0\"; exec \"$@\"", file, Path.Combine(NodeProcess.Root, "gateway"), "start", "numbers", .. gateway.Flags]);
        Assert.Equal(0, await start.Exit(40));

        var pid = gateway.Pid("numbers");
        var log = Path.Combine(gateway.State, "numbers.log");
        var open = new DirectoryInfo($"/proc/{pid}/fd").EnumerateFileSystemInfos().ToDictionary(x => x.Name, x => x.LinkTarget);
        Assert.Equal("/dev/null", open["0"]);
        Assert.Equal(log, open["1"]);
        Assert.Equal(log, open["2"]);
        Assert.DoesNotContain(file, open.Values);
        const int Session = 3;
        Assert.Equal($"{pid}", File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[Session]);

        // By default others read neither messages nor logs.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(log));
        Assert.False(File.GetUnixFileMode(gateway.State).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public async Task Start_TwoAtOnceAndAgain_AreOneProcessAndAllSucceed()
    {
        await using var gateway = new TestGateway();
        var both = await Task.WhenAll(gateway.Run("start", "numbers"), gateway.Run("start", "numbers"));
        Assert.All(both, x => Assert.True(x.Code == 0, $"{x}"));
        var pid = gateway.Pid("numbers");
        Assert.All(both, x => Assert.Contains($"process {pid}", x.Output, StringComparison.Ordinal));

        Assert.Contains("already runs", (await gateway.Do("start", "numbers")).Output, StringComparison.Ordinal);
        Assert.Equal(pid, gateway.Pid("numbers"));
    }

    [Fact]
    public async Task StartAndStop_KilledHalfway_AreNoHindranceToTheNext()
    {
        await using var gateway = new TestGateway();
        await using (var start = gateway.Start("start", "--nodes", "1"))
        {
            await Until.True(() => File.Exists(Path.Combine(gateway.State, "node-1.pid")), "the node is on its way", 30);
            start.Kill();
            await start.Exit();
        }

        await gateway.Do("start");
        Assert.Equal((0, 2), await gateway.Running());

        await using (var stop = gateway.Start("stop"))
        {
            await Until.True(() => IsStopping(gateway, "node-1"), "the node was told to stop", 30);
            stop.Kill();
            await stop.Exit();
        }

        await gateway.Do("stop");
        Assert.Equal((3, 0), await gateway.Running());
        Assert.Empty(Directory.EnumerateFiles(gateway.State, "*.pid"));
        await gateway.Do("start", "numbers");
    }

    [Fact]
    public async Task Commands_WithAPidThatIsSomebodyElsesByNow_LeaveThatOneAlone()
    {
        await using var gateway = new TestGateway();
        await using var other = UserProgram.Start(gateway.Directory, "sleep", "60");
        Directory.CreateDirectory(gateway.State);
        await File.WriteAllTextAsync(Path.Combine(gateway.State, "numbers.pid"), string.Create(CultureInfo.InvariantCulture, $"{other.Pid}\n1\n"));

        Assert.Equal("dead", (await gateway.Status()).Parts["numbers"].GetProperty("state").GetString());
        Assert.Contains("does not run", (await gateway.Do("stop", "--force")).Output, StringComparison.Ordinal);
        Assert.False(other.HasExited);
        await gateway.Do("start", "numbers");
        Assert.NotEqual(other.Pid, gateway.Pid("numbers"));
    }

    [Fact]
    public async Task Start_WhereNothingCanBeWrittenOrThePortIsTaken_SaysSoAndStartsNothing()
    {
        await using var gateway = new TestGateway();
        var refused = await Run(gateway, "start", "--state", "/proc/nowhere");
        Assert.Equal(2, refused.Code);
        Assert.Contains("--state (Gateway:State) is '/proc/nowhere'", refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Errors, StringComparison.Ordinal);

        await using var other = new CountingServer(1);
        var taken = await Run(gateway, "start", "numbers", "--state", gateway.State, "--numbers", other.Address);
        Assert.Equal(1, taken.Code);
        Assert.Contains($"process {Environment.ProcessId} ", taken.Errors, StringComparison.Ordinal);
        Assert.Contains("--numbers", taken.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(gateway.State));
    }

    [Fact]
    public async Task Start_AsAnotherUser_IsForRootAlone()
    {
        await using var gateway = new TestGateway();
        Directory.CreateDirectory(gateway.State);
        foreach (var directory in new[] { gateway.Directory, gateway.State })
        {
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead | UnixFileMode.GroupExecute);
        }

        Assert.Equal(2, (await gateway.Run("start", "numbers", "--user", "no-such-user-here")).Code);
        var start = await gateway.Run("start", "numbers", "--user", "nobody", "--numbers", $"127.0.0.1:{gateway.NumbersPort}");
        if (!IsRoot)
        {
            Assert.Equal(2, start.Code);
            Assert.Contains("only root", start.Errors, StringComparison.Ordinal);
            return;
        }

        Assert.True(start.Code == 0, $"{start}");
        var status = await File.ReadAllLinesAsync($"/proc/{gateway.Pid("numbers")}/status");
        Assert.Contains(status, x => x.StartsWith("Uid:\t65534\t65534\t65534\t65534", StringComparison.Ordinal));
        Assert.Contains("CapEff:\t0000000000000000", status);
        Assert.Contains("CapAmb:\t0000000000000000", status);
        await gateway.Do("stop");

        // Whose directory it is can't lead root astray: it becomes him before it reads, writes and starts anything there.
        var precious = Path.Combine(gateway.Directory, "precious");
        await File.WriteAllTextAsync(precious, "root's");
        foreach (var name in new[] { "cluster.json", "cluster.json.tmp", "numbers.log" })
        {
            File.Delete(Path.Combine(gateway.State, name));
        }

        File.CreateSymbolicLink(Path.Combine(gateway.State, "cluster.json.tmp"), precious);
        Assert.Equal(1, (await gateway.Run("start", "numbers")).Code);
        File.Delete(Path.Combine(gateway.State, "cluster.json.tmp"));
        File.CreateSymbolicLink(Path.Combine(gateway.State, "numbers.log"), precious);
        Assert.Equal(1, (await gateway.Run("start", "numbers")).Code);
        Assert.Equal("root's", await File.ReadAllTextAsync(precious));

        File.Delete(Path.Combine(gateway.State, "numbers.log"));
        await gateway.Do("start", "numbers");
        Assert.Contains(await File.ReadAllLinesAsync($"/proc/{gateway.Pid("numbers")}/status"), x => x.StartsWith("Uid:\t65534\t65534\t65534\t65534", StringComparison.Ordinal));
    }

    // With these flags alone.
    private static async Task<(int Code, string Errors)> Run(TestGateway gateway, params string[] arguments)
    {
        await using var program = UserProgram.Start(gateway.Directory, Path.Combine(NodeProcess.Root, "gateway"), arguments);
        return (await program.Exit(40), program.Errors);
    }

    private static bool IsStopping(TestGateway gateway, string part)
    {
        var file = Path.Combine(gateway.State, $"{part}.pid");
        try
        {
            return File.ReadAllText(file).Contains("stopping", StringComparison.Ordinal);
        }
        catch (FileNotFoundException)
        {
            return true;
        }
    }
}
