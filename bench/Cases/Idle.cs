using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>10,000 connections on which nothing happens. A fresh server each time: memory that was once taken stays.</summary>
internal static class Idle
{
    private const string Case = "idle";

    public static async Task Run(Measurement measurement)
    {
        Func<Task<Server>>[] starts =
        [
            async () => await Gateway.Start(measurement.Setup, "memory"),
            async () => await Nchan.Start(),
            async () => await Reference.Start(),
            async () => await Gateway.Start(measurement.Setup, "local"),
        ];
        foreach (var round in measurement.Rounds)
        {
            foreach (var form in new[] { "ws", "sse" })
            {
                foreach (var start in starts)
                {
                    using var server = await start();
                    measurement.Add(Case, form, server.Name, round, await LoadGenerator.Run(server, form, "idle --subs 10000 --time 0.5"));
                }
            }
        }

        foreach (var gateway in new[] { "gateway memory", "gateway local" })
        {
            measurement.Report.AtMost(Case, $"ws, {gateway}: memory of a connection", measurement.Report.Median(Case, "ws", gateway, Figure.Kb), 9, "KB");
            measurement.Report.AtMost(Case, $"sse, {gateway}: memory of a connection", measurement.Report.Median(Case, "sse", gateway, Figure.Kb), 8, "KB");
        }
    }
}
