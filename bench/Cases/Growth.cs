using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>What a delivery costs as subscribers grow, and a publish as channels do.</summary>
internal static class Growth
{
    private const string Case = "growth";
    private const string Name = "gateway memory";
    private const double Flat = 1.1;
    private static readonly int[] Subscribers = [10, 100, 1000, 10_000];
    private static readonly int[] Channels = [1, 100, 10_000, 1_000_000];

    public static async Task Run(Measurement measurement)
    {
        using (var gateway = await Gateway.Start(measurement.Setup, "memory", slot: 0))
        {
            await Deliveries(measurement, gateway);
        }

        using (var gateway = await Gateway.Start(measurement.Setup, "memory", slot: 1))
        {
            await Publishes(measurement, gateway);
        }

        var (fast, steady) = (Subscribers.Select(x => Median(Form(x))).ToArray(), Subscribers.Select(x => Median(SteadyForm(x))).ToArray());
        var publishes = Channels.Select(x => Median(ChannelsForm(x))).ToArray();
        Judge("CPU a delivery as fast as acknowledged, from {0:#,0} to {1:#,0} subscribers", Subscribers, fast);
        Judge("CPU a delivery at 20,000 a second, from {0:#,0} to {1:#,0} subscribers", Subscribers, steady);
        Judge("CPU a publish, from {0:#,0} to {1:#,0} channels", Channels, publishes);
        measurement.Report.Plot = Plot.Draw(
            new Panel("CPU of a delivery", "subscribers", [new Line("as fast as acknowledged", Subscribers, fast), new Line("20,000 deliveries/s", Subscribers, steady)]),
            new Panel("CPU of a publish", "channels", [new Line("64 publishers", Channels, publishes)]));

        double Median(string form) => measurement.Report.Median(Case, form, Name, Figure.Cpu);

        void Judge(string what, int[] at, double[] cpu)
        {
            for (var i = 1; i < cpu.Length; i++)
            {
                measurement.Report.AtMost(Case, string.Format(null, what, at[i - 1], at[i]), cpu[i] / cpu[i - 1], Flat, "×");
            }
        }
    }

    private static async Task Deliveries(Measurement measurement, Gateway gateway)
    {
        foreach (var round in measurement.Rounds.Prepend(0))
        {
            foreach (var count in Subscribers)
            {
                var (fast, perSecond) = (200_000 / count, 20_000 / count);
                var figures = await LoadGenerator.Run(gateway, "ws", $"fanout --subs {count} --msgs {fast} --warmup {fast / 10}");
                var steady = await LoadGenerator.Run(gateway, "ws", $"fanout --subs {count} --msgs {3 * perSecond} --warmup {perSecond} --rate {perSecond}");
                if (round > 0)
                {
                    measurement.Add(Case, Form(count), Name, round, figures);
                    measurement.Add(Case, SteadyForm(count), Name, round, steady);
                }
            }
        }
    }

    private static async Task Publishes(Measurement measurement, Gateway gateway)
    {
        foreach (var count in Channels)
        {
            // They are there before anything is measured.
            using (await Turn.Take())
            {
                await BulkPublisher.ToEach(gateway.Ports[0], count, x => $"growth-{count}/ch{x}");
            }

            foreach (var round in measurement.Rounds.Prepend(0))
            {
                var figures = await LoadGenerator.Run(gateway, "pub", $"publish --pubs 64 --time 2 --channels {count}", place: $"growth-{count}");
                if (round > 0)
                {
                    measurement.Add(Case, ChannelsForm(count), Name, round, figures);
                }
            }
        }
    }

    private static string Form(int subscribers) => $"{subscribers:#,0} subscribers, as fast as acknowledged";

    private static string SteadyForm(int subscribers) => $"{subscribers:#,0} subscribers, 20,000 deliveries/s";

    private static string ChannelsForm(int channels) => $"{channels:#,0} channels, publishes";
}
