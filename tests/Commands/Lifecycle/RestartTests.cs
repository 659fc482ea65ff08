using System.Net;
using System.Net.Sockets;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Lifecycle;

/// <summary>Restarts without an outage.</summary>
public sealed class RestartTests
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(6) };

    [Fact]
    [Trait("Length", "long")]
    public async Task Restart_OfThreeNodes_LosesAndDoublesNothingAndEndsWhereOneFails()
    {
        await using var gateway = new TestGateway();

        // However many are published meanwhile, all are still there in the end.
        await File.WriteAllTextAsync(Path.Combine(gateway.Directory, "appsettings.json"), """{ "Gateway": { "Retention": { "Messages": 1000000 } } }""");
        await gateway.Do("start");
        var owner = (await gateway.Status()).Parts.Single(x => x.Key != "numbers" && x.Value.GetProperty("bridge").GetBoolean()).Key;
        var before = new[] { "node-1", "node-2", "node-3", "numbers" }.ToDictionary(x => x, gateway.Pid);
        using var done = new CancellationTokenSource();
        var publishing = Publish(gateway, done.Token);
        var restart = await gateway.Do("restart");
        await done.CancelAsync();
        var published = await publishing;

        Assert.InRange(published, 50, int.MaxValue);
        var texts = (await Http.GetStringAsync(new Uri(gateway.Node(2), "restarted?poll=1&as=raw"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(1, published).Select(x => $"{x}"), texts);
        Assert.Equal((0, 4), await gateway.Running());
        Assert.All(before, x => Assert.NotEqual(x.Value, gateway.Pid(x.Key)));
        var order = restart.Output.Split('\n').Select(x => x.Split(' ')[0]).ToList();
        Assert.Equal([owner, "numbers"], order[^2..]);

        // Where a log should be there is a directory: that node does not start.
        var log = Path.Combine(gateway.State, $"{order[1]}.log");
        File.Delete(log);
        Directory.CreateDirectory(log);
        var failed = await gateway.Run("restart");
        Assert.Equal(1, failed.Code);
        Assert.Contains("the restart ends here", failed.Errors, StringComparison.Ordinal);
        Assert.Contains("go on", failed.Errors, StringComparison.Ordinal);
        Assert.Equal((3, 3), await gateway.Running());
        Directory.Delete(log);
        await gateway.Do("restart", "node", order[1]["node-".Length..]);
        Assert.Equal((0, 4), await gateway.Running());
    }

    [Fact]
    public async Task Restart_ThatCouldNotStartAgain_StopsNothing()
    {
        await using var gateway = new TestGateway();
        Assert.Equal(1, (await gateway.Run("restart")).Code);
        await gateway.Do("start", "numbers");
        var pid = gateway.Pid("numbers");
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await Refused(2, "--umask (Gateway:Umask) is '8'", "--umask", "8");
        await Refused(2, "--user (Gateway:User) is 'nobody-has-this-name'; ", "--user", "nobody-has-this-name");
        await Refused(1, $"numbers can't have port {((IPEndPoint)taken.LocalEndpoint).Port} ", "--numbers", $"{taken.LocalEndpoint}");
        Assert.Equal(pid, gateway.Pid("numbers"));

        // Behind the flags of the gateway: of two the last one holds.
        async Task Refused(int code, string reason, params string[] flags)
        {
            await using var restart = UserProgram.Start(gateway.Directory, Path.Combine(NodeProcess.Root, "gateway"), ["restart", .. gateway.Flags, .. flags]);
            Assert.Equal(code, await restart.Exit());
            Assert.Contains(reason, restart.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Restart_ThatCanNotBeNoted_SaysWhatIsDown()
    {
        await using var gateway = new TestGateway();
        await gateway.Do("start", "numbers");
        var noted = Path.Combine(gateway.State, "cluster.json.lock");
        File.Delete(noted);
        Directory.CreateDirectory(noted);

        var failed = await gateway.Run("restart");
        Assert.Equal(1, failed.Code);
        Assert.Contains("error: the restart ends here: ", failed.Errors, StringComparison.Ordinal);
        Assert.EndsWith("; nothing runs now", failed.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_ToldToEnd_StartsWhatItStoppedAndAtTheSecondTimeEndsAtOnce()
    {
        await using var gateway = new TestGateway();
        await gateway.Do("start", "--nodes", "1");
        var pid = gateway.Pid("numbers");
        using var blocked = await Block();
        await using var restart = await StartAndInterrupt();
        Assert.Equal(1, await restart.Exit(60));
        Assert.EndsWith("error: the restart ends here: told to end; numbers was not restarted; node-1, numbers go on", restart.Errors.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal((0, 2), await gateway.Running());
        Assert.Equal(pid, gateway.Pid("numbers"));

        using var blockedAgain = await Block();
        await using var again = await StartAndInterrupt();
        await Until.True(() => again.Errors.Contains("a second Ctrl-C ends it at once", StringComparison.Ordinal), "it says what it waits for");
        await TestGateway.Signal(again.Pid, "INT");
        Assert.Equal(1, await again.Exit());
        Assert.Contains("error: the restart ends here: told to end at once, while node-1 was restarted; numbers was not restarted; ", again.Errors, StringComparison.Ordinal);

        // A node that stops waits for who does not read its last event: what is done meanwhile does not come too late.
        async Task<BlockedReader> Block()
        {
            var reader = await BlockedReader.Open(gateway.Node(1), "blocked", "sse");
            for (var i = 0; i < BlockedReader.TooMuch; i++)
            {
                using var content = new StringContent(BlockedReader.Message(i));
                (await Http.PostAsync(new Uri(gateway.Node(1), "blocked"), content)).EnsureSuccessStatusCode().Dispose();
            }

            return reader;
        }

        async Task<UserProgram> StartAndInterrupt()
        {
            var program = gateway.Start("restart");
            await Until.True(() => File.ReadAllText(Path.Combine(gateway.State, "cluster.json")).Contains("\"stopped\": true", StringComparison.Ordinal), "node 1 is to stop");
            await TestGateway.Signal(program.Pid, "INT");
            return program;
        }
    }

    // Each text once, by one node after the other until one takes it.
    private static async Task<int> Publish(TestGateway gateway, CancellationToken cancellation)
    {
        var count = 0;
        for (var node = 0; !cancellation.IsCancellationRequested; count++)
        {
            for (var tries = 1; ; tries++)
            {
                Assert.InRange(tries, 1, 30);
                if (await Take(gateway.Node(1 + (node++ % 3)), count + 1))
                {
                    break;
                }
            }
        }

        return count;
    }

    private static async Task<bool> Take(Uri node, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node, "restarted")) { Content = new StringContent($"{number}") };
        request.Headers.Add("Idempotency-Key", $"k{number}");
        try
        {
            using var answer = await Http.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{answer}");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
