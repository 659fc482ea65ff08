using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>The standard cases, by the load generator: in each round the gateway, nchan, the floor in C, and the gateway with files, one after the other.</summary>
internal static class SideBySide
{
    private const int WarmUps = 2;
    private static readonly string[] Forms = ["ws", "sse", "stream"];
    private static readonly string[] Publishing = ["pub"];

    public static IReadOnlyList<StandardCase> All { get; } =
    [
        new("fan1000", "1,000 subscribers, as fast as acknowledged; ws, sse, stream", "fanout --subs 1000 --msgs 100 --warmup 20", Forms),
        new("rate20", "1,000 subscribers at 20 messages a second; ws, sse, stream", "fanout --subs 1000 --msgs 40 --warmup 10 --rate 20", Forms),
        new("many", "1,000 channels with 5 subscribers each; ws, sse, stream", "fanout --subs 5000 --channels 1000 --pubs 16 --msgs 10000 --warmup 1000", Forms),
        new("pub16", "publishes from 16 connections to a channel that nobody reads", "publish --pubs 16 --time 1.5", Publishing),
        new("pub64", "publishes from 64 connections", "publish --pubs 64 --time 1.5", Publishing),
    ];

    public static async Task Run(Measurement measurement, IReadOnlySet<string> names)
    {
        var cases = All.Where(x => names.Contains(x.Name)).ToList();
        using var memory = await Gateway.Start(measurement.Setup, "memory", slot: 0);
        using var nchan = await Nchan.Start();
        using var reference = await Reference.Start();
        using var local = await Gateway.Start(measurement.Setup, "local", slot: 1);
        Server[] servers = [memory, nchan, reference, local];
        foreach (var server in servers)
        {
            // Ours compiles its code meanwhile; theirs is compiled.
            for (var i = 0; i < (server is Gateway ? WarmUps : 1); i++)
            {
                foreach (var (_, _, arguments, forms) in cases)
                {
                    foreach (var form in forms)
                    {
                        await LoadGenerator.Run(server, form, arguments);
                    }
                }
            }
        }

        foreach (var round in measurement.Rounds)
        {
            foreach (var (name, _, arguments, forms) in cases)
            {
                foreach (var form in forms)
                {
                    foreach (var server in servers)
                    {
                        measurement.Add(name, form, server.Name, round, await LoadGenerator.Run(server, form, arguments));
                    }
                }
            }
        }

        foreach (var (name, _, _, forms) in cases)
        {
            foreach (var gateway in new[] { memory, local })
            {
                foreach (var form in forms)
                {
                    Judge(measurement.Report, name, form, gateway.Name, nchan.Name);
                }
            }
        }
    }

    private static void Judge(Report report, string name, string form, string gateway, string peer)
    {
        var goal = name switch
        {
            "fan1000" => new Limits(Cpu: 0.6, Rate: 1.2, P99: 1.25),
            "rate20" => new Limits(Cpu: 0.9, P50: 1.1, P99: 1.25),
            "many" => new Limits(Cpu: 0.9, P50: 1, P99: 1),
            _ => new Limits(Cpu: 0.9, Rate: 1.1),
        };
        AtMost(Figure.Cpu, form == "pub" ? "CPU a publish" : "CPU a delivery", goal.Cpu, isPaired: false);
        if (goal.Rate is { } rate)
        {
            report.AtLeast(name, $"{Of(form)}{gateway}: {(form == "pub" ? "publishes" : "deliveries")}/s of {peer}'s", report.Ratio(name, form, gateway, peer, Figure.Rate), rate, "×");
        }

        AtMost(Figure.P50, "p50", goal.P50, isPaired: true);
        AtMost(Figure.P99, "p99", goal.P99, isPaired: true);

        void AtMost(string figure, string what, double? limit, bool isPaired)
        {
            if (limit is { } bound)
            {
                var value = isPaired ? report.PairRatio(name, form, gateway, peer, figure) : report.Ratio(name, form, gateway, peer, figure);
                report.AtMost(name, $"{Of(form)}{gateway}: {what} of {peer}'s", value, bound, "×");
            }
        }
    }

    private static string Of(string form) => form == "pub" ? string.Empty : $"{form}, ";

    private sealed record Limits(double Cpu, double? Rate = null, double? P50 = null, double? P99 = null);
}

/// <summary>A case of the load generator's.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Help">What it is.</param>
/// <param name="Arguments">The load generator's mode and options.</param>
/// <param name="Forms">In which forms it is read.</param>
internal sealed record StandardCase(string Name, string Help, string Arguments, string[] Forms);
