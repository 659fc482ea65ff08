using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>100 readers that come at once and want all that a channel keeps: 10,000 messages of 100 bytes.</summary>
internal static class CatchUp
{
    private const string Case = "catchup";
    private const string Channel = "catchup/all";
    private const int Readers = 100;
    private const int Messages = 10_000;
    private const int WarmUps = 2;

    public static async Task Run(Measurement measurement)
    {
        using var memory = await Gateway.Start(measurement.Setup, "memory", slot: 0);
        using var local = await Gateway.Start(measurement.Setup, "local", slot: 1);
        Gateway[] gateways = [memory, local];
        string[] forms = ["raw", "ws"];
        foreach (var gateway in gateways)
        {
            await BulkPublisher.InOrder(gateway.Ports[0], Channel, Messages, CatchUpReader.Message);
            for (var i = 0; i < WarmUps * forms.Length; i++)
            {
                await CatchUpReader.Read(gateway.Ports[0], Channel, forms[i % forms.Length], Readers, Messages);
            }
        }

        foreach (var round in measurement.Rounds)
        {
            foreach (var form in forms)
            {
                foreach (var gateway in gateways)
                {
                    measurement.Add(Case, form, gateway.Name, round, await Read(gateway, form));
                }
            }
        }

        var report = measurement.Report;
        foreach (var gateway in gateways)
        {
            foreach (var form in forms)
            {
                report.AtLeast(Case, $"{form}, {gateway.Name}: messages/s over {Readers} readers", report.Median(Case, form, gateway.Name, Figure.Rate), 1_000_000, string.Empty);
            }
        }

        report.Note("`catchup`: the readers share the machine's cores with the node; where `client %` and the node's share are all of them, the machine is the limit and not the node alone.");
    }

    private static async Task<Figures> Read(Gateway gateway, string form)
    {
        using var turn = await Turn.Take();
        var (server, own) = (Usage.Cpu(gateway.Pids), Environment.CpuUsage.TotalTime);
        var (time, tooMany) = await CatchUpReader.Read(gateway.Ports[0], Channel, form, Readers, Messages);
        var figures = new Figures
        {
            [Figure.Rate] = (double)Readers * Messages / time.TotalSeconds,
            [Figure.Cpu] = (Usage.Cpu(gateway.Pids) - server).TotalMicroseconds / Readers / Messages,
            [Figure.Client] = (Environment.CpuUsage.TotalTime - own) / time * 100,
        };
        figures[Figure.Faults] = tooMany + (await CatchUpReader.Check(gateway.Ports[0], Channel, Messages) ? 0 : 1);
        return figures;
    }
}
