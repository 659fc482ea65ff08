using System.Diagnostics;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Unit.Storage;

/// <summary>Three processes take channels over from each other while they are killed and frozen at any instant.</summary>
public sealed class LogProcessesTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-processes-").FullName;
    private readonly List<Process> _running = [];
    private int _started;

    public void Dispose()
    {
        _running.ForEach(Kill);
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Append_FromProcessesThatAreKilledAndFrozen_NothingAcknowledgedIsLostDoubledOrOutOfOrder()
    {
        var (seed, seconds) = (Setting("GATEWAY_LOG_SEED", Environment.TickCount), Setting("GATEWAY_LOG_SECONDS", 8));
        output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        var (kills, freezes) = (0, 0);
        for (var i = 0; i < 3; i++)
        {
            Start(seed);
        }

        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(seconds);)
        {
            await Pause(random.Next(5, 400));
            var process = _running[random.Next(_running.Count)];
            Assert.False(process.HasExited, $"A process ended by itself: {string.Concat(Directory.GetFiles(_directory, "errors-*").Select(File.ReadAllText))}");
            if (random.Next(3) == 0)
            {
                kills++;
                _running.Remove(process);
                Kill(process);
                Start(seed);
            }
            else
            {
                freezes++;
                Signal(process, "STOP");
                await Pause(random.Next(5, 300));
                if (random.Next(5) == 0)
                {
                    kills++;
                    _running.Remove(process);
                    Kill(process);
                    Start(seed);
                }
                else
                {
                    Signal(process, "CONT");
                }
            }
        }

        _running.ForEach(Kill);
        _running.Clear();
        output.WriteLine($"{await Check()} acknowledged, {kills} kills, {freezes} freezes");

        async Task Pause(int milliseconds)
        {
            for (var clock = Stopwatch.StartNew(); clock.ElapsedMilliseconds < milliseconds;)
            {
                await pause.WaitForNextTickAsync();
            }
        }
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    private static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private void Start(int seed)
    {
        var number = ++_started;
        string[] arguments = [typeof(LogProcess).Assembly.Location, "log", Path.Combine(_directory, "store"), Path.Combine(_directory, $"answers-{number}"), $"{seed + number}"];
        _running.Add(Process.Start("bash", ["-c", "exec dotnet \"$@\" 2>\"$0\"", Path.Combine(_directory, $"errors-{number}"), .. arguments]));
    }

    private async Task<int> Check()
    {
        using var store = new TestStore(Path.Combine(_directory, "store"));
        store.Time.NowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var answers = Directory.GetFiles(_directory, "answers-*")
            .SelectMany(x => File.ReadAllText(x).Split('\n').SkipLast(1))
            .Select(x => x.Split(' '))
            .Select(x => (Channel: x[0], Epoch: x[1], Offset: long.Parse(x[2]), Text: x[3], Sent: long.Parse(x[4]), Answered: long.Parse(x[5])))
            .ToLookup(x => x.Channel);
        var log = store.Open();
        foreach (var channel in LogProcess.Channels)
        {
            var session = await log.Open(channel);
            var all = await session.ReadAll();
            Assert.Equal(session.Newest, all.Count);
            Assert.Equal(all.Count, all.Select(x => x.Text).Distinct().Count());
            Assert.Equal(all.Select(x => x.TimeMs).Order(), all.Select(x => x.TimeMs));
            Assert.NotEmpty(answers[channel]);
            foreach (var answer in answers[channel])
            {
                Assert.Equal(session.Epoch, answer.Epoch);
                Assert.True(answer.Offset <= all.Count, $"{answer.Text} at {answer.Offset} is lost");
                Assert.Equal(answer.Text, all[(int)answer.Offset - 1].Text);
            }

            // Whatever was sent after another was answered comes after it.
            var newest = 0L;
            var events = answers[channel].Select(x => (At: x.Sent, IsSent: true, x.Offset)).Concat(answers[channel].Select(x => (At: x.Answered, IsSent: false, x.Offset)));
            foreach (var (_, isSent, offset) in events.OrderBy(x => x.At).ThenByDescending(x => x.IsSent))
            {
                Assert.False(isSent && offset <= newest, $"{offset} was sent after {newest} was answered");
                newest = isSent ? newest : Math.Max(newest, offset);
            }
        }

        return answers.Sum(x => x.Count());
    }
}
