using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansGateway.Bench;

/// <summary>What thousands who follow a prefix each cost somebody who publishes elsewhere, over all nodes: no more than a few do. Without them comes first: a node keeps what it has of a selection for a while.</summary>
internal static class Prefixes
{
    private const int Followers = 2000;
    private const int Publishers = 8;
    private const int Turns = 5;
    private const int Looked = 100;
    private const double Goal = 0.8;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);

    public static async Task<bool> Run(Uri[] nodes)
    {
        var root = $"bench/prefixes-{Guid.NewGuid():N}";
        var times = new ConcurrentBag<double>();
        await Publish(nodes[0]);
        var none = await Median();
        var followers = new ConcurrentBag<Subscription>();
        await Open(0, nodes.Length);
        var few = await Median();
        await Open(nodes.Length, Followers);
        await Follow();
        var many = await Median();
        await Task.WhenAll(followers.Select(x => x.DisposeAsync().AsTask()));
        Console.WriteLine($"{none:F0} publishes/s without prefixes, {few:F0} with {nodes.Length}, {many:F0} with {Followers}: {few / none:F2}, and from few to many {many / few:F2} (goal {Goal})");
        Console.WriteLine($"a publish below one of the prefixes comes after p50 {times.Order().ElementAt(times.Count / 2):F2} ms");
        return many / few >= Goal;

        Task Open(int from, int to) => Parallel.ForAsync(from, to, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
            followers.Add(await Subscription.Open(nodes[i % nodes.Length], $"{root}/{i}/*", "json", Take)));

        async Task<double> Median()
        {
            var rates = new List<double>();
            for (var turn = 0; turn < Turns; turn++)
            {
                rates.Add(await Publish(nodes[0]));
            }

            return rates.Order().ElementAt(Turns / 2);
        }

        async Task Follow()
        {
            using var client = new HttpClient();
            for (var i = 0; i < Looked; i++)
            {
                using var body = new StringContent($"at {Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture)} ");
                (await client.PostAsync(new Uri(nodes[0], $"{root}/{i * Followers / Looked}/x"), body)).EnsureSuccessStatusCode().Dispose();
            }

            using var tooLong = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (times.Count < Looked)
            {
                await Task.Delay(20, tooLong.Token);
            }
        }

        void Take(string line)
        {
            if (line.IndexOf("\"at ", StringComparison.Ordinal) is > 0 and var at)
            {
                times.Add(Stopwatch.GetElapsedTime(long.Parse(line[(at + 4)..].Split(' ')[0], CultureInfo.InvariantCulture)).TotalMilliseconds);
            }
        }
    }

    private static async Task<double> Publish(Uri node)
    {
        var uri = new Uri(node, $"bench/elsewhere-{Guid.NewGuid():N}");
        var body = Encoding.ASCII.GetBytes(new string('x', 100));
        using var client = new HttpClient();
        var (clock, published) = (Stopwatch.StartNew(), 0);
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed < Turn)
            {
                using var content = new ByteArrayContent(body);
                (await client.PostAsync(uri, content)).EnsureSuccessStatusCode().Dispose();
                Interlocked.Increment(ref published);
            }
        })));
        return published / clock.Elapsed.TotalSeconds;
    }
}
