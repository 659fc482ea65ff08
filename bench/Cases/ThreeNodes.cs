using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>300 subscribers: 100 on each of three nodes, published to on the first, beside all on one node.</summary>
internal static class ThreeNodes
{
    private const string Case = "cluster";
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private static readonly (string Form, string Arguments)[] Loads =
    [
        ("ws 20/s", "fanout --subs 300 --msgs 100 --warmup 20 --rate 20"),
        ("ws 200/s", "fanout --subs 300 --msgs 600 --warmup 100 --rate 200"),
        ("ws fast", "fanout --subs 300 --msgs 1000 --warmup 100"),
    ];

    public static async Task Run(Measurement measurement)
    {
        using var one = await Gateway.Start(measurement.Setup, "memory", slot: 0);
        using var three = await Gateway.Start(measurement.Setup, "memory", slot: 1, nodes: 3);
        foreach (var (gateway, name) in new[] { (one, "one node"), (three, "three nodes") })
        {
            for (var i = 0; i < 3; i++)
            {
                await Run(gateway, Loads[2].Arguments);
            }

            // What the nodes take with nothing to do is in the figures too.
            var before = Usage.Cpu(gateway.Pids);
            await Task.Delay(Rest);
            measurement.Add(Case, "at rest", name, 1, new Figures { [Figure.Percent] = (Usage.Cpu(gateway.Pids) - before) / Rest * 100 });
        }

        foreach (var round in measurement.Rounds)
        {
            foreach (var (form, arguments) in Loads)
            {
                measurement.Add(Case, form, "one node", round, await Run(one, arguments));
                measurement.Add(Case, form, "three nodes", round, await Run(three, arguments));
            }
        }

        foreach (var (form, _) in Loads)
        {
            measurement.Report.AtMost(Case, $"{form}: CPU a delivery over all three nodes, of one node's", measurement.Report.Ratio(Case, form, "three nodes", "one node", Figure.Cpu), 1.15, "×");
        }

        Task<Figures> Run(Gateway gateway, string arguments) => LoadGenerator.Run(
            gateway, "ws", arguments, more: [.. gateway.Ports.SelectMany(x => (string[])["--port", $"{x}"]), "--pub-port", $"{gateway.Ports[0]}"]);
    }
}
