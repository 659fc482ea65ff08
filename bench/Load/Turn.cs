using System.Diagnostics;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Load;

/// <summary>
/// A turn at measuring: where <c>BENCH_LOCK</c> names a file, it is locked meanwhile (as by flock), so that several who measure
/// on one machine do not measure each other. It is kept for some measurements, for others wait for long too.
/// </summary>
internal sealed class Turn : IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan ForOthers = TimeSpan.FromMilliseconds(200);
    private static readonly Turn Instance = new();
    private static Child? _holder;
    private static long _since;

    private Turn()
    {
    }

    public static async Task<Turn> Take()
    {
        if (_holder is null && Environment.GetEnvironmentVariable("BENCH_LOCK") is { Length: > 0 } file)
        {
            await Task.Delay(ForOthers);
            var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _holder = Child.Start("/", _ => held.TrySetResult(), "flock", file, "sh", "-c", "echo held; exec cat");
            await held.Task;
            _since = Stopwatch.GetTimestamp();
        }

        return Instance;
    }

    /// <summary>Lets others measure, before something that takes long and measures nothing.</summary>
    public static void End()
    {
        _holder?.Dispose();
        _holder = null;
    }

    public void Dispose()
    {
        if (Stopwatch.GetElapsedTime(_since) > Kept)
        {
            End();
        }
    }
}
