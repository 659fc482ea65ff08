using Microsoft.Extensions.Logging;

namespace OrleansGateway.Journals;

/// <summary>
/// Asks each node to say when its journal grows, as long as somebody here wants to know: one call to each node is under way, which waits there. Now
/// and then it tells without a cause: what a node wrote that does not answer is in its file all the same.
/// </summary>
internal sealed partial class JournalWatch(
    IClusterMembershipService membership, IGrainFactory grains, TimeProvider time, ILogger<JournalWatch> logger) : IJournalWatch, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Who wants to know asks again after each answer, and the last is one period old at most.
    private static readonly TimeSpan WantedFor = 3 * Period;

    private static readonly TimeSpan WaitThere = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = WaitThere + TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly HashSet<SiloAddress> _followed = [];
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _wantedAt;
    private bool _running;

    /// <inheritdoc/>
    public Task News()
    {
        lock (_lock)
        {
            _wantedAt = time.GetTimestamp();
            if (!_running && !_stop.IsCancellationRequested)
            {
                _running = true;
                _ = Run();
            }

            return _news.Task;
        }
    }

    public void Dispose() => _stop.Cancel();

    private bool IsWanted => !_stop.IsCancellationRequested && time.GetElapsedTime(_wantedAt) < WantedFor;

    private async Task Run()
    {
        while (true)
        {
            foreach (var silo in membership.CurrentSnapshot.Members.Keys)
            {
                if (IsActive(silo) && Claim(silo))
                {
                    _ = Follow(silo);
                }
            }

            await Task.Delay(Period, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Tell();
            lock (_lock)
            {
                if (!IsWanted)
                {
                    _running = false;
                    return;
                }
            }
        }
    }

    private async Task Follow(SiloAddress silo)
    {
        var journal = grains.GetGrain<IJournalGrain>(silo.ToParsableString());
        for (var end = -1L; IsWanted && IsActive(silo);)
        {
            try
            {
                var now = await journal.WaitBeyond(end, WaitThere).WaitAsync(AnswerTimeout, time, _stop.Token);
                if (now != end)
                {
                    end = now;
                    Tell();
                }
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                LogNoAnswer(exception, silo);
                await Task.Delay(BetweenAttempts, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        lock (_lock)
        {
            _followed.Remove(silo);
        }
    }

    private bool Claim(SiloAddress silo)
    {
        lock (_lock)
        {
            return _followed.Add(silo);
        }
    }

    private bool IsActive(SiloAddress silo) => membership.CurrentSnapshot.GetSiloStatus(silo) == SiloStatus.Active;

    private void Tell()
    {
        TaskCompletionSource news;
        lock (_lock)
        {
            news = _news;
            _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        news.SetResult();
    }

    [LoggerMessage(1, LogLevel.Debug, "{Silo} does not say how its journal grows; trying again")]
    private partial void LogNoAnswer(Exception exception, SiloAddress silo);
}
