using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>
/// From the silo that holds a channel to two others, in processes of their own, without sockets at the end: the channels' stream, and
/// plain grain observers with the same batching (<see cref="Streams.ObservedGrain"/>).
/// </summary>
internal static class StreamFanOut
{
    private const string Case = "fanout";
    private const string Stream = "stream";
    private const string Observers = "grain observers";
    private const int Slot = 5;
    private const int AtFullSpeed = 400_000;
    private const int PerSecond = 1000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task Run(Measurement measurement)
    {
        using var cluster = await Cluster.Start();
        foreach (var round in measurement.Rounds.Prepend(0))
        {
            foreach (var kind in new[] { Stream, Observers })
            {
                var full = await cluster.Measure(kind, AtFullSpeed, 0);
                var steady = await cluster.Measure(kind, 3 * PerSecond, PerSecond);
                steady.Remove(Figure.Rate);
                full.Remove(Figure.P50);
                full.Remove(Figure.P99);
                if (round > 0)
                {
                    measurement.Add(Case, "full speed", kind, round, full);
                    measurement.Add(Case, "1,000/s", kind, round, steady);
                }
            }
        }

        var report = measurement.Report;
        report.AtLeast(Case, "messages/s at full speed, of grain observers'", report.Ratio(Case, "full speed", Stream, Observers, Figure.Rate), 0.8, "×");
        report.AtMost(Case, "p50 at 1,000/s, of grain observers'", report.PairRatio(Case, "1,000/s", Stream, Observers, Figure.P50), 1.3, "×");
    }

    /// <summary>Three silos: the first publishes, the others follow.</summary>
    private sealed class Cluster : IDisposable
    {
        private readonly List<Silo> _silos = [];

        public static async Task<Cluster> Start()
        {
            var cluster = new Cluster();
            try
            {
                for (var i = 0; i < 3; i++)
                {
                    cluster._silos.Add(new Silo(i));
                    await cluster._silos[i].Answer();
                }

                foreach (var kind in new[] { Stream, Observers })
                {
                    // Who publishes first has it.
                    await cluster._silos[0].Ask(Publish(kind, 1, 1000));
                    await cluster.Ask($"follow {Word(kind)} bench/{Word(kind)}");
                }

                return cluster;
            }
            catch
            {
                cluster.Dispose();
                throw;
            }
        }

        public async Task<Figures> Measure(string kind, int count, int rate)
        {
            using var turn = await Turn.Take();
            await Ask("reset");
            var before = await Cpu();
            var start = (long)(await _silos[0].Ask(Publish(kind, count, rate)))[0];
            await Arrived(count);
            var cpu = await Cpu() - before;
            double[][] followers = [await _silos[1].Ask("figures"), await _silos[2].Ask("figures")];
            return new Figures
            {
                [Figure.Rate] = count / Stopwatch.GetElapsedTime(start, (long)followers.Max(x => x[4])).TotalSeconds,
                [Figure.P50] = followers.Max(x => x[2]),
                [Figure.P99] = followers.Max(x => x[3]),
                [Figure.Faults] = followers.Sum(x => x[1] + Math.Abs(x[0] - count)),
                [Figure.Cpu] = cpu / count,
            };
        }

        public void Dispose() => _silos.ForEach(x => x.Dispose());

        private static string Word(string kind) => kind == Stream ? "stream" : "observers";

        private static string Publish(string kind, int count, int rate) => $"publish {Word(kind)} bench/{Word(kind)} {count} {rate}";

        private async Task Ask(string command)
        {
            foreach (var silo in _silos.Skip(1))
            {
                await silo.Ask(command);
            }
        }

        private async Task<double> Cpu()
        {
            var sum = 0.0;
            foreach (var silo in _silos)
            {
                sum += (await silo.Ask("cpu"))[0];
            }

            return sum;
        }

        // What did not come by then is lost.
        private async Task Arrived(int count)
        {
            var limit = Stopwatch.StartNew();
            foreach (var silo in _silos.Skip(1))
            {
                while ((await silo.Ask("count"))[0] < count && limit.Elapsed < Limit)
                {
                    await Task.Delay(10);
                }
            }
        }
    }

    private sealed class Silo : IDisposable
    {
        private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
        private readonly Child _child;

        public Silo(int index) => _child = Child.Start(
            "/",
            x => _answers.Writer.TryWrite(x),
            "dotnet",
            typeof(StreamFanOut).Assembly.Location,
            "stream-silo",
            $"{index}",
            $"{Ports.Silo(Slot)}",
            $"{Ports.OrleansGateway(Slot)}");

        public async Task<string> Answer()
        {
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                return await _answers.Reader.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new InvalidOperationException($"A silo does not answer: {_child.Said}");
            }
        }

        public async Task<double[]> Ask(string command)
        {
            await _child.Input.WriteLineAsync(command);
            await _child.Input.FlushAsync();
            var answer = await Answer();
            return answer == "ok" ? [] : [.. answer.Split(' ').Select(x => double.Parse(x, CultureInfo.InvariantCulture))];
        }

        public void Dispose() => _child.Dispose();
    }
}
