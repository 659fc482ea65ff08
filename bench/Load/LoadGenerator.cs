using System.Text.Json;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Load;

/// <summary>Runs peers/loadgen.c against a server; its figures are a <see cref="Sample"/>.</summary>
internal static class LoadGenerator
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly string[] Faults = ["lost", "duplicated", "reordered", "misrouted", "corrupt", "ack_errors", "subs_failed", "subs_closed_early"];

    /// <summary>Measures once.</summary>
    /// <param name="server">Whom.</param>
    /// <param name="form">ws, sse or stream; pub where there are no subscribers.</param>
    /// <param name="arguments">The load generator's mode and options, separated by spaces.</param>
    /// <param name="place">What the channels' names begin with.</param>
    /// <param name="more">Options that win over those that the server has by itself.</param>
    public static async Task<Figures> Run(Server server, string form, string arguments, string place = "bench", params string[] more)
    {
        using var turn = await Turn.Take();
        var output = new List<string>();
        using var child = Child.Start(
            "/",
            output.Add,
            [
                Path.Combine(Places.Native, "loadgen"), .. arguments.Split(' '),
                .. more.Contains("--port") ? [] : (string[])["--port", $"{server.Ports[0]}"], .. server.Paths(form, place), .. more,
                .. form == "pub" ? [] : (string[])["--proto", form], .. server.Pids.SelectMany(x => (string[])["--server-pid", $"{x}"]),
                "--settle", "0.2", "--drain", "3", "--json",
            ]);
        await child.Ended(Limit);
        if (output.Count != 1)
        {
            throw new InvalidOperationException($"loadgen {arguments} on {server.Name}: {child.Said}");
        }

        return Read(output[0]);
    }

    private static Figures Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        double Of(string key) => root.TryGetProperty(key, out var value) ? value.GetDouble() : 0;
        bool Has(string key) => root.TryGetProperty(key, out _);
        var figures = new Figures { [Figure.Faults] = Faults.Sum(Of), [Figure.Client] = Of("client_busy_pct") };
        if (Has("deliveries_per_s"))
        {
            (figures[Figure.Cpu], figures[Figure.Rate]) = (Of("server_cpu_us_per_delivery"), Of("deliveries_per_s"));
            (figures[Figure.P50], figures[Figure.P99]) = (Of("latency_us_p50") / 1000, Of("latency_us_p99") / 1000);
        }
        else if (Has("acks_per_s"))
        {
            (figures[Figure.Cpu], figures[Figure.Rate]) = (Of("server_cpu_us_per_publish"), Of("acks_per_s"));
            (figures[Figure.P50], figures[Figure.P99]) = (Of("ack_us_p50") / 1000, Of("ack_us_p99") / 1000);
        }

        if (!Has("acks_per_s"))
        {
            figures[Figure.Kb] = Of("server_pss_kb_per_conn");
        }

        if (Has("slow_subs"))
        {
            figures[Figure.LetGo] = Of("slow_closed_by_server");
        }

        figures.Error = root.GetProperty("first_error").GetString() is { Length: > 0 } error ? error : null;
        return figures;
    }
}
