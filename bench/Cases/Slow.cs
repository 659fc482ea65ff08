using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>What subscribers that stop reading do to the others: 18 that read, with 0 and with 2 that do not, one right after the other. A fresh, warmed server each time.</summary>
internal static class Slow
{
    private const string Case = "slow";

    public static async Task Run(Measurement measurement)
    {
        Func<Task<Server>>[] starts =
        [
            async () => await Gateway.Start(measurement.Setup, "memory"),
            async () => await Nchan.Start(),
            async () => await Gateway.Start(measurement.Setup, "local"),
        ];
        string[] forms = ["ws", "sse", "stream"];
        foreach (var round in measurement.Rounds)
        {
            foreach (var form in forms)
            {
                foreach (var start in starts)
                {
                    foreach (var stopped in new[] { 0, 2 })
                    {
                        using var server = await start();
                        await LoadGenerator.Run(server, form, "fanout --subs 18 --size 1024 --msgs 5000", place: "warm");
                        var figures = await LoadGenerator.Run(
                            server, form, $"fanout --subs {18 + stopped} --slow {stopped} --slow-rcvbuf 4096 --size 1024 --msgs 10000 --warmup 300");
                        measurement.Add(Case, form, With(server.Name, stopped), round, figures);
                    }
                }
            }
        }

        foreach (var gateway in new[] { "gateway memory", "gateway local" })
        {
            foreach (var form in forms)
            {
                var (without, with) = (With(gateway, 0), With(gateway, 2));
                measurement.Report.AtMost(Case, $"{form}, {gateway}: the others' CPU a delivery, of without them", measurement.Report.Ratio(Case, form, with, without, Figure.Cpu), 1.1, "×");
                measurement.Report.AtMost(Case, $"{form}, {gateway}: their p99, of without them", measurement.Report.PairRatio(Case, form, with, without, Figure.P99), 1.25, "×");
            }
        }
    }

    private static string With(string server, int stopped) => $"{server}, {stopped} stopped";
}
