using OrleansGateway.Http;
using OrleansGateway.Metrics;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>
/// What some clients of this node listen to, however many they are: holds its newest messages, and lets each subscriber write
/// what it has not seen. Nobody waits for another's socket.
/// </summary>
internal abstract class Relay(string name, RelayCounts counts) : IAsyncDisposable
{
    // So few are written to at once by who brings the news.
    private const int FewSubscribers = 16;

    // What may come while a sweep is under way: some of it goes along with that one, and the next has more to write, which takes it and the clients longer.
    private const int MinAhead = 8;
    private const int DeliveriesAhead = 8 * 1024;

    private readonly List<Subscriber> _subscribers = [];
    private Subscriber[]? _snapshot;
    private TaskCompletionSource? _news;
    private TaskCompletionSource? _swept;
    private bool _isSweeping;
    private long _sweptTo;

    /// <summary>A channel's name, or a selection as it is written.</summary>
    public string Name => name;

    /// <summary>How many subscribers there are, without those that only read what there is.</summary>
    public int SubscriberCount => Snapshot().Count(x => !x.IsPoll);

    /// <summary>The newest messages.</summary>
    public RelayRing Ring { get; } = new();

    /// <summary>Ends when it was reached for the first time. Until then subscribers can wait.</summary>
    public abstract Task Started { get; }

    /// <summary>Guards what belongs together: the ring's end, where that is, and who gets what comes next.</summary>
    protected Lock Lock { get; } = new();

    /// <summary>Waits until it can be reached, and finds where a subscription begins.</summary>
    /// <param name="since">What the client asks for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="isFixed">Whether what is new is what comes after now, rather than after the subscriber has joined.</param>
    public abstract Task<Beginning> Find(Since since, CancellationToken cancellationToken, bool isFixed = false);

    /// <summary>Waits until it can be reached, and finds what there is.</summary>
    public abstract Task<Poll> FindPoll(Since since, CancellationToken cancellationToken);

    /// <summary>Adds a subscriber that has its place, or finds it by itself.</summary>
    public void Add(Subscriber subscriber)
    {
        lock (Lock)
        {
            _subscribers.Add(subscriber);
            _snapshot = null;
        }
    }

    public void Remove(Subscriber subscriber)
    {
        counts.Retire(subscriber, () =>
        {
            lock (Lock)
            {
                _snapshot = null;
                return _subscribers.Remove(subscriber);
            }
        });
        if (subscriber.Ended is { IsCompletedSuccessfully: true, Result: EndReason.Slow })
        {
            GatewayMeter.SlowSubscribers.Add();
        }
    }

    /// <summary>All present subscribers.</summary>
    public Subscriber[] Snapshot()
    {
        lock (Lock)
        {
            return _snapshot ??= [.. _subscribers];
        }
    }

    /// <summary>Ends when something new comes to this node after this call.</summary>
    public Task News()
    {
        lock (Lock)
        {
            return (_news ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Once a second: forgets what was held for those who come soon.</summary>
    public virtual void Expire(long now)
    {
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Ends what it does in the background, at once and without a word to anybody: the node leaves.</summary>
    public abstract Task Abandon();

    /// <summary>
    /// Lets all write what is new in the ring. What comes while many write goes with the next sweep: then each write takes several messages, and
    /// nobody is held up who calls.
    /// </summary>
    /// <returns>A task that ends when all have been asked; not that their sockets took it.</returns>
    protected Task Sweep()
    {
        var swept = Task.CompletedTask;
        lock (Lock)
        {
            _news?.SetResult();
            _news = null;
            if (_isSweeping || _subscribers.Count > FewSubscribers)
            {
                swept = (_swept ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                if (_isSweeping)
                {
                    return swept;
                }

                _isSweeping = true;
            }
        }

        if (swept.IsCompleted)
        {
            PumpAll();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static x => x.SweepUntilDone(), this, preferLocal: false);
        }

        return swept;
    }

    /// <summary>How far it is behind: whoever brings more waits for a sweep where that is much for so many subscribers.</summary>
    protected bool LagsBehind
    {
        get
        {
            lock (Lock)
            {
                return _isSweeping && Ring.Next - _sweptTo > Math.Max(MinAhead, DeliveriesAhead / Math.Max(1, _subscribers.Count));
            }
        }
    }

    private void SweepUntilDone()
    {
        while (true)
        {
            TaskCompletionSource swept;
            lock (Lock)
            {
                if (_swept is null)
                {
                    _isSweeping = false;
                    return;
                }

                (swept, _swept, _sweptTo) = (_swept, null, Ring.Next);
            }

            PumpAll();
            swept.SetResult();
        }
    }

    private void PumpAll()
    {
        foreach (var subscriber in Snapshot())
        {
            subscriber.Pump();
        }
    }
}
