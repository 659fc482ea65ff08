using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>Publishes from 64 connections to one channel: on the node that holds it, and on another.</summary>
internal static class Remote
{
    private const string Case = "remote";
    private const int WarmUps = 3;
    private const string Arguments = "publish --pubs 64 --time 2";

    public static async Task Run(Measurement measurement)
    {
        using var gateway = await Gateway.Start(measurement.Setup, "memory", nodes: 3);

        // Who is published to first on a node is held there.
        for (var i = 0; i < 2 * WarmUps; i++)
        {
            await Publish(i % 2);
        }

        foreach (var round in measurement.Rounds)
        {
            measurement.Add(Case, "pub64", "on its own node", round, await Publish(0));
            measurement.Add(Case, "pub64", "on another", round, await Publish(1));
        }

        measurement.Report.AtLeast(Case, "publishes/s on another node, of on its own", measurement.Report.Ratio(Case, "pub64", "on another", "on its own node", Figure.Rate), 0.7, "×");

        Task<Figures> Publish(int node) => LoadGenerator.Run(gateway, "pub", Arguments, "remote", "--port", $"{gateway.Ports[node]}");
    }
}
