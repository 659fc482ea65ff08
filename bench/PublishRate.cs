using System.Diagnostics;
using System.Text;

namespace OrleansGateway.Bench;

/// <summary>How fast publishes are acknowledged, on nodes that store in different ways, turn by turn in the same run.</summary>
internal static class PublishRate
{
    private const int Rounds = 5;
    private const int MessageBytes = 100;
    private static readonly int[] Publishers = [1, 16, 64];
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    public static async Task<bool> Run(Uri local, Uri memory)
    {
        // What comes first pays for the warm-up.
        await Measure(local, 16);
        await Measure(memory, 16);
        foreach (var publishers in Publishers)
        {
            var (stored, held) = (new List<Figures>(), new List<Figures>());
            for (var i = 0; i < Rounds; i++)
            {
                stored.Add(await Measure(local, publishers));
                held.Add(await Measure(memory, publishers));
            }

            var (a, b) = (Median(stored), Median(held));
            Console.WriteLine($"{publishers,3} publishers   local {a.PerSecond,7:F0}/s p50 {a.P50:F2} ms p99 {a.P99:F2} ms   "
                + $"memory {b.PerSecond,7:F0}/s p50 {b.P50:F2} ms p99 {b.P99:F2} ms   local/memory {a.PerSecond / b.PerSecond:F2} · {a.P50 / b.P50:F2} · {a.P99 / b.P99:F2}");
        }

        return true;
    }

    private static async Task<Figures> Measure(Uri node, int publishers)
    {
        var uri = new Uri(node, $"bench/publish-{Guid.NewGuid():N}");
        var body = Encoding.ASCII.GetBytes(new string('x', MessageBytes));
        using var handler = new SocketsHttpHandler();
        using var client = new HttpClient(handler);
        var clock = Stopwatch.StartNew();
        var times = (await Task.WhenAll(Enumerable.Range(0, publishers).Select(_ => Task.Run(Publish)))).SelectMany(x => x).Order().ToList();
        return new Figures(times.Count / clock.Elapsed.TotalSeconds, times[times.Count / 2], times[times.Count * 99 / 100]);

        async Task<List<double>> Publish()
        {
            var mine = new List<double>();
            while (clock.Elapsed < Turn)
            {
                var start = Stopwatch.GetTimestamp();
                using var content = new ByteArrayContent(body);
                (await client.PostAsync(uri, content)).EnsureSuccessStatusCode().Dispose();
                mine.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return mine;
        }
    }

    private static Figures Median(List<Figures> all) => new(Median(all, x => x.PerSecond), Median(all, x => x.P50), Median(all, x => x.P99));

    private static double Median(List<Figures> all, Func<Figures, double> of) => all.Select(of).Order().ElementAt(all.Count / 2);

    private readonly record struct Figures(double PerSecond, double P50, double P99);
}
