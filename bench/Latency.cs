using System.Diagnostics;
using System.Globalization;

namespace OrleansGateway.Bench;

/// <summary>From just before a POST to the message at a subscriber, at a fixed rate: on the same node (the floor), and on another.</summary>
internal static class Latency
{
    private const int Messages = 1000;
    private const int PerSecond = 100;
    private const double GoalMs = 5;

    public static async Task<bool> Run(Uri[] nodes)
    {
        var same = await Measure(nodes[0], nodes[0]);
        var other = await Measure(nodes[0], nodes[1]);
        Console.WriteLine($"same node      p50 {same.P50:F2} ms   p99 {same.P99:F2} ms");
        Console.WriteLine($"another node   p50 {other.P50:F2} ms   p99 {other.P99:F2} ms   ({other.P50 / same.P50:F1} x the same node's p50; goal p50 <= {GoalMs} ms)");
        return other.P50 <= GoalMs;
    }

    private static async Task<(double P50, double P99)> Measure(Uri publishOn, Uri subscribeOn)
    {
        var channel = $"bench/latency-{Guid.NewGuid():N}";
        var times = new List<double>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var subscription = await Subscription.Open(subscribeOn, channel, "raw", text =>
        {
            times.Add(Stopwatch.GetElapsedTime(long.Parse(text, CultureInfo.InvariantCulture)).TotalMilliseconds);
            if (times.Count == Messages)
            {
                all.SetResult();
            }
        });
        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / PerSecond));
        for (var i = 0; i < Messages; i++)
        {
            await timer.WaitForNextTickAsync();
            using var body = new StringContent(Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture));
            (await client.PostAsync(new Uri(publishOn, channel), body)).EnsureSuccessStatusCode().Dispose();
        }

        await all.Task.WaitAsync(TimeSpan.FromSeconds(10));
        times.Sort();
        return (times[times.Count / 2], times[times.Count * 99 / 100]);
    }
}
