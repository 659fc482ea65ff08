using System.Runtime.InteropServices;
using OrleansGateway.Cli.Live;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Cli.Top;

/// <summary><c>gateway top</c>: reads the cluster every second, and shows how it was over the last few.</summary>
internal sealed class TopSession(NodeRing ring, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(5);

    private readonly NodeClient _client = new(ring);
    private readonly Queue<ClusterReading> _readings = new();
    private readonly TopTotals _totals = new();
    private volatile TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _client.Dispose();

    /// <summary>How the cluster is, over one second.</summary>
    /// <exception cref="CommandFailure">No node answers.</exception>
    public async Task<TopReport> OnceAsync(CancellationToken stop)
    {
        var reader = new ClusterReader(ring, _client, time);
        var before = await FirstAsync(reader, stop);
        await Task.Delay(ReadEvery, time, stop);
        return TopReport.Of(before, await reader.ReadAsync(stop));
    }

    /// <summary>Shows it until the person, or the system, ends it.</summary>
    /// <exception cref="CommandFailure">No node answers at the start.</exception>
    public async Task ShowAsync()
    {
        using var request = new StopRequest();
        var reader = new ClusterReader(ring, _client, time);
        var first = await FirstAsync(reader, request.Stop);
        _readings.Enqueue(first);
        _totals.Take(first);
        using var keyboard = Keyboard.Open();
        using var screen = new AlternateScreen(StandardOutput.TryWrite, Screen.HasColours);
        keyboard?.Suspending += screen.Hide;
        keyboard?.Resumed += () =>
        {
            screen.Show();
            Wake();
        };
        keyboard?.Pressed += Wake;
        using var resized = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Wake());
        using var stopped = request.Stop.Register(Wake);
        screen.Show();
        await LoopAsync(reader, keyboard, screen, TopReport.Of(first, first, _totals), request.Stop);
    }

    private async Task LoopAsync(ClusterReader reader, Keyboard? keyboard, AlternateScreen screen, TopReport report, CancellationToken stop)
    {
        var state = new TopState();
        var (reading, readAt) = ((Task<ClusterReading>?)null, time.GetTimestamp());
        while (!stop.IsCancellationRequested)
        {
            var (width, height) = Size();
            var drawn = TopLayout.Draw(report, state, width, height);
            if (!screen.Draw(drawn.Lines, width))
            {
                return;
            }

            if (reading is null && time.GetElapsedTime(readAt) >= ReadEvery)
            {
                (reading, readAt) = (reader.ReadAsync(stop), time.GetTimestamp());
            }

            var wait = ReadEvery - time.GetElapsedTime(readAt);
            await Task.WhenAny(_wake.Task, reading ?? Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, stop));
            if (_wake.Task.IsCompleted)
            {
                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (reading is { IsCompletedSuccessfully: true })
            {
                var now = await reading;
                _readings.Enqueue(now);
                _totals.Take(now);
                while (_readings.Count > 2 && now.Time - _readings.Peek().Time > Span)
                {
                    _readings.Dequeue();
                }

                report = state.IsPaused ? report : TopReport.Of(_readings.Peek(), now, _totals);
            }

            reading = reading is { IsCompleted: true } ? null : reading;
            while (keyboard?.Keys.TryRead(out var key) == true)
            {
                state = state.After(key, drawn.Page, drawn.LastScroll);
                if (state.IsOver)
                {
                    return;
                }
            }
        }
    }

    private void Wake() => _wake.TrySetResult();

    private async Task<ClusterReading> FirstAsync(ClusterReader reader, CancellationToken stop)
    {
        var reading = await reader.ReadAsync(stop);
        return reading.Nodes.Any(x => x.AnswerTime is not null)
            ? reading
            : throw new CommandFailure($"no node answers at {string.Join(", ", ring.All.Select(x => x.Authority))}; {Commands.Usage.Program} start starts a gateway here, --state or --url says where it is");
    }

    // Some terminals do not say.
    private static (int Width, int Height) Size()
    {
        try
        {
            return (Console.WindowWidth is > 0 and var width ? width : 80, Console.WindowHeight is > 0 and var height ? height : 24);
        }
        catch (IOException)
        {
            return (80, 24);
        }
    }
}
