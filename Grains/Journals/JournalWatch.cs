using Microsoft.Extensions.Logging;
using OrleansGateway.Cluster;

namespace OrleansGateway.Journals;

/// <summary>
/// Asks each node to say when its journal grows, as long as somebody here wants to know. Now and then it tells without a cause: what a node
/// wrote that does not answer is in its file all the same.
/// </summary>
internal sealed class JournalWatch : IJournalWatch, IDisposable
{
    // Who wants to know asks again after each answer, of which there is one a second at least.
    private static readonly TimeSpan WantedFor = TimeSpan.FromSeconds(3);

    // One that grows all the time is not asked more often: what it has meanwhile comes with the next answer.
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromMilliseconds(4);

    private readonly NodeFollower _nodes;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _wantedAt;
    private bool _running;

    public JournalWatch(IClusterMembershipService membership, IGrainFactory grains, TimeProvider time, ILogger<JournalWatch> logger)
    {
        _time = time;
        _nodes = new NodeFollower(
            membership,
            async (silo, last, atMost) =>
            {
                var newest = await grains.GetGrain<IJournalGrain>(silo.ToParsableString()).WaitBeyond(last, atMost);
                if (newest != last)
                {
                    Tell();
                    await Task.Delay(BetweenQuestions, time);
                }

                return newest;
            },
            time,
            logger);
    }

    /// <inheritdoc/>
    public Task News()
    {
        lock (_lock)
        {
            _wantedAt = _time.GetTimestamp();
            if (!_running && !_stop.IsCancellationRequested)
            {
                _running = true;
                _ = _nodes.Run(Tick, _stop.Token);
            }

            return _news.Task;
        }
    }

    public void Dispose() => _stop.Cancel();

    private bool Tick()
    {
        Tell();
        lock (_lock)
        {
            return _running = _time.GetElapsedTime(_wantedAt) < WantedFor;
        }
    }

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
}
