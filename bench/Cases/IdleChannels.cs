using System.Diagnostics;
using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>What channels cost on which nothing happens.</summary>
internal static class IdleChannels
{
    private const string Case = "idle-channels";
    private const int Connections = 10_000;
    private const int Channels = 1_000_000;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    public static async Task Run(Measurement measurement)
    {
        foreach (var round in measurement.Rounds)
        {
            foreach (var storage in new[] { "memory", "local" })
            {
                var name = $"gateway {storage}";
                var one = await Subscribed(measurement, storage, 1);
                measurement.Add(Case, "connections, 1 channel", name, round, one);
                var each = await Subscribed(measurement, storage, Connections);
                measurement.Add(Case, "connections, a channel each", name, round, each);
                measurement.Add(Case, "a channel with a subscriber", name, round, new Figures { [Figure.Kb] = each[Figure.Kb] - one[Figure.Kb] });
            }
        }

        foreach (var storage in new[] { "memory", "local" })
        {
            measurement.Report.AtMost(
                Case, $"gateway {storage}: memory of a channel with a subscriber, beside its connection", measurement.Report.Median(Case, "a channel with a subscriber", $"gateway {storage}", Figure.Kb), 3.5, "KB");
        }

        await Million(measurement);
    }

    private static async Task<Figures> Subscribed(Measurement measurement, string storage, int channels)
    {
        using var gateway = await Gateway.Start(measurement.Setup, storage);
        return await LoadGenerator.Run(gateway, "ws", $"idle --subs {Connections} --channels {channels} --time 0.5");
    }

    private static async Task Million(Measurement measurement)
    {
        const string Name = "gateway memory";
        using var gateway = await Gateway.Start(measurement.Setup, "memory");
        using (await Turn.Take())
        {
            var (memory, cpu, clock) = (Usage.PssKb(gateway.Pids), Usage.Cpu(gateway.Pids), Stopwatch.StartNew());
            await BulkPublisher.ToEach(gateway.Ports[0], Channels, static x => $"million/ch{x}");
            measurement.Add(Case, $"{Channels:#,0} channels, a message each", Name, 1, new Figures
            {
                [Figure.Rate] = Channels / clock.Elapsed.TotalSeconds,
                [Figure.Cpu] = (Usage.Cpu(gateway.Pids) - cpu).TotalMicroseconds / Channels,
                [Figure.Kb] = (Usage.PssKb(gateway.Pids) - memory) / Channels,
            });
        }

        Turn.End();
        await Settled(gateway);
        var before = Usage.Cpu(gateway.Pids);
        await Task.Delay(Rest);
        measurement.Add(Case, $"{Channels:#,0} channels at rest", Name, 1, new Figures { [Figure.Percent] = (Usage.Cpu(gateway.Pids) - before) / Rest * 100 });

        // Every thousandth of them gets a subscriber.
        var form = $"{Channels:#,0} channels, a message in one of 1,000 of them";
        foreach (var round in measurement.Rounds.Prepend(0))
        {
            var figures = await LoadGenerator.Run(gateway, "ws", "fanout --subs 1000 --channels 1000 --msgs 1000 --rate 200", more: ["--sub-path", "/million/ch%d000", "--pub-path", "/million/ch%d000"]);
            if (round > 0)
            {
                measurement.Add(Case, form, Name, round, figures);
            }
        }

        var report = measurement.Report;
        report.AtMost(Case, $"{Channels:#,0} channels: CPU at rest, over {Rest.TotalSeconds:0} s (of a core; an idle node without a channel is in `cluster`)", report.Median(Case, $"{Channels:#,0} channels at rest", Name, Figure.Percent), 1, "%");
        report.AtMost(Case, $"{Channels:#,0} channels: p50 of a delivery in a random one", report.Median(Case, form, Name, Figure.P50), 1, "ms");
    }

    // The garbage that the publishes left is collected some time after.
    private static async Task Settled(Gateway gateway)
    {
        var limit = Stopwatch.StartNew();
        for (var isBusy = true; isBusy && limit.Elapsed < TimeSpan.FromSeconds(60);)
        {
            var before = Usage.Cpu(gateway.Pids);
            await Task.Delay(TimeSpan.FromSeconds(1));
            isBusy = Usage.Cpu(gateway.Pids) - before > TimeSpan.FromMilliseconds(50);
        }
    }
}
