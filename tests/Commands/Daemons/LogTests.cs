using System.Diagnostics;
using System.Text.RegularExpressions;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Daemons;

/// <summary>Logs that are rotated, followed, and can't be written.</summary>
public sealed class LogTests
{
    // Each request leaves a line with its number.
    private const string LogsRequests = """{"Logging":{"LogLevel":{"Microsoft.AspNetCore.Hosting.Diagnostics":"Information"}}}""";

    private static readonly HttpClient Http = new();

    [Fact]
    public async Task Logs_OfALogThatIsRotated_HaveEachLineOnce()
    {
        const int Files = 12, Requests = 800;
        await using var gateway = await Start("--log-max-bytes", "20000", "--log-files", $"{Files}");
        await using var follower = gateway.Start("logs", "node", "1", "-f", "-n", "100000");
        await Until.True(() => follower.Lines.Exists(x => x.Contains("node-1 begins", StringComparison.Ordinal)), "the log is followed");
        await Ask(gateway, 1, Requests);
        await Until.True(() => Numbers(follower.Lines).Contains(Requests), "the last line is there");

        Assert.Equal(Enumerable.Range(1, Requests), Numbers(follower.Lines));
        Assert.Equal(Files, Directory.EnumerateFiles(gateway.State, "node-1*.log").Count());
        Assert.All(Directory.EnumerateFiles(gateway.State, "node-1*.log"), x => Assert.InRange(new FileInfo(x).Length, 1, 22_000));

        // More than the newest file has, and no hole where one file ends.
        var last = Numbers((await gateway.Do("logs", "node", "1", "-n", "600")).Output.Split('\n'));
        Assert.Equal(Enumerable.Range(Requests - last.Count + 1, last.Count), last);
        Assert.InRange(last.Count, 150, 600);
    }

    [Fact]
    public async Task Log_ThatCannotBeWritten_StopsNothingAndGoesOnLater()
    {
        await using var gateway = await Start("--storage", "memory");
        var log = Path.Combine(gateway.State, "node-1.log");
        await Ask(gateway, 1, 1);
        await Limit(gateway, $"{new FileInfo(log).Length + 100}");
        await Ask(gateway, 2, 50);
        using (var content = new StringContent("hello"))
        {
            (await Http.PostAsync(new Uri(gateway.Node(1), "logs/full"), content)).EnsureSuccessStatusCode().Dispose();
        }

        Assert.DoesNotContain("n=50 ", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
        await Limit(gateway, "unlimited");
        await Ask(gateway, 51, 1);
        await Until.True(async () => Numbers(await File.ReadAllLinesAsync(log)).Contains(51), "logging goes on");
        Assert.Matches(@"\d+ lines of the log could not be written: ", await File.ReadAllTextAsync(log));
        Assert.Equal((0, 1), await gateway.Running());
    }

    [Fact]
    public async Task Logs_WhoseReaderLeaves_End()
    {
        await using var gateway = new TestGateway();
        await gateway.Do("start", "numbers");
        await using var pipe = UserProgram.Start(
            gateway.Directory, "bash", ["-o", "pipefail", "-c", "\"$@\" | head -n 1", "sh", Path.Combine(NodeProcess.Root, "gateway"), "logs", "-f", .. gateway.Flags]);
        Assert.Equal(0, await pipe.Exit());
    }

    private static async Task<TestGateway> Start(params string[] flags)
    {
        var gateway = new TestGateway();
        await File.WriteAllTextAsync(Path.Combine(gateway.Directory, "appsettings.json"), LogsRequests);
        await gateway.Do(["start", "node", "1", .. flags]);
        return gateway;
    }

    private static async Task Ask(TestGateway gateway, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            (await Http.GetAsync(new Uri(gateway.Node(1), $"/-/health/live?n={i}"))).EnsureSuccessStatusCode().Dispose();
        }
    }

    private static List<int> Numbers(IEnumerable<string> lines) =>
        [.. lines.Select(x => Regex.Match(x, @"Request starting .*live\?n=(\d+) ")).Where(x => x.Success).Select(x => int.Parse(x.Groups[1].Value))];

    private static async Task Limit(TestGateway gateway, string bytes)
    {
        using var limit = Process.Start("prlimit", ["--pid", $"{gateway.Pid("node-1")}", $"--fsize={bytes}:"]);
        await limit.WaitForExitAsync();
        Assert.Equal(0, limit.ExitCode);
    }
}
