using System.Diagnostics;
using System.Globalization;

namespace OrleansGateway.Bench;

/// <summary>
/// Kills the node that holds a channel (kill -9), and looks how long it takes until another acknowledges a publish, and until a
/// thousand subscribers that come back at once have all that they missed.
/// </summary>
internal static class Takeover
{
    private const int Kills = 10;
    private const int Subscribers = 1000;
    private const int Missed = 1000;
    private const double GoalMs = 1000;
    private const double ResumeGoalMs = 3000;

    public static async Task<bool> Run(Uri[] nodes, string state, string gateway)
    {
        var publishes = new List<double>();
        var resumes = new List<double>();
        for (var i = 0; i < Kills; i++)
        {
            // The number of the node that is killed, from 1.
            var victim = (i % nodes.Length) + 1;
            var others = nodes.Where((_, index) => index != victim - 1).ToArray();
            var (first, all) = await Kill(nodes[victim - 1], others, PidOf(state, victim));
            publishes.Add(first);
            resumes.Add(all);
            await StartNode(gateway, state, victim);
        }

        publishes.Sort();
        resumes.Sort();
        Console.WriteLine($"kill to the first acknowledged publish elsewhere, {Kills} kills: median {publishes[Kills / 2]:F0} ms, longest {publishes[^1]:F0} ms (goal: median <= {GoalMs:F0} ms)");
        Console.WriteLine($"from then on, {Subscribers} subscribers resume {Missed} messages each: median {resumes[Kills / 2]:F0} ms until the last has all, longest {resumes[^1]:F0} ms (goal <= {ResumeGoalMs:F0} ms)");
        return publishes[Kills / 2] <= GoalMs && resumes[^1] <= ResumeGoalMs;
    }

    private static async Task<(double FirstMs, double AllMs)> Kill(Uri victim, Uri[] others, int pid)
    {
        // Who is published to first on a node is held there.
        var channel = $"bench/takeover-{Guid.NewGuid():N}";
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 10_000 });
        var before = await Publish(client, victim, channel, "first");
        for (var i = 0; i < Missed - 1; i++)
        {
            await Publish(client, victim, channel, i.ToString(CultureInfo.InvariantCulture));
        }

        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
        }

        var clock = Stopwatch.StartNew();
        await Publish(client, others[0], channel, "last");
        var first = clock.Elapsed.TotalMilliseconds;
        clock.Restart();
        await Task.WhenAll(Enumerable.Range(0, Subscribers).Select(x => Resume(client, others[x % others.Length], channel, before)));
        return (first, clock.Elapsed.TotalMilliseconds);
    }

    private static async Task<string> Publish(HttpClient client, Uri node, string channel, string text)
    {
        using var content = new StringContent(text);
        using var answer = await client.PostAsync(new Uri(node, channel), content);
        answer.EnsureSuccessStatusCode();
        return answer.Headers.GetValues("Message-Id").Single();
    }

    private static async Task Resume(HttpClient client, Uri node, string channel, string after)
    {
        using var stream = await client.GetStreamAsync(new Uri(node, $"{channel}?as=sse&since={after}"));
        using var reader = new StreamReader(stream);
        for (var count = 0; count < Missed && await reader.ReadLineAsync() is { } line;)
        {
            count += line.StartsWith("data:", StringComparison.Ordinal) ? 1 : 0;
            if (line.StartsWith("event: gap", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"a gap after {after}");
            }
        }
    }

    private static int PidOf(string state, int node) =>
        int.Parse(File.ReadLines(Path.Combine(state, string.Create(CultureInfo.InvariantCulture, $"node-{node}.pid"))).First(), CultureInfo.InvariantCulture);

    private static async Task StartNode(string gateway, string state, int node)
    {
        using var start = Process.Start(gateway, ["start", "node", node.ToString(CultureInfo.InvariantCulture), "--state", state]);
        await start.WaitForExitAsync();
        if (start.ExitCode != 0)
        {
            throw new InvalidOperationException($"node {node} did not start");
        }
    }
}
