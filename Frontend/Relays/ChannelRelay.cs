using Microsoft.Extensions.Logging;
using OrleansGateway.Channels;
using OrleansGateway.Metrics;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>
/// One channel on this node, however many clients listen: follows the channel, holds its newest messages, and lets each
/// subscriber write what it has not seen. Nobody waits for another's socket.
/// </summary>
internal sealed partial class ChannelRelay : IChannelSink, IAsyncDisposable
{
    // A call that was under way when its grain moved or died can stay without an answer for long.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private readonly ChannelFollower _follower;
    private readonly SharedCall<ChannelPage> _standing;
    private readonly ILogger _logger;
    private readonly RelayCounts _counts;
    private readonly RelayRing _ring = new();
    private readonly Lock _lock = new();
    private readonly List<Subscriber> _subscribers = [];
    private Subscriber[]? _snapshot;
    private TaskCompletionSource? _news;
    private MessageId _position;

    public ChannelRelay(string name, IClusterClient client, TimeProvider time, ILogger<ChannelRelay> logger, RelayCounts? counts = null)
    {
        (Name, _counts) = (name, counts ?? new RelayCounts());
        var channel = client.GetGrain<IChannelGrain>(name);
        Pages = new RelayPages(name, (after, maxBytes) => channel.Read(after, maxBytes).WaitAsync(CallTimeout, time), time);
        _standing = new SharedCall<ChannelPage>(() => channel.Read(new MessageId(string.Empty, 0), 0).WaitAsync(CallTimeout, time));
        _follower = new ChannelFollower(client, name, this);
        _logger = logger;
        Started = Start();
    }

    public string Name { get; }

    /// <summary>Ends when the channel was reached for the first time. Until then subscribers can wait.</summary>
    public Task Started { get; }

    public RelayRing Ring => _ring;

    /// <summary>What the channel keeps, for those who are behind the ring.</summary>
    public RelayPages Pages { get; }

    /// <summary>How many subscribers there are, without those that only read what there is.</summary>
    public int SubscriberCount => Snapshot().Count(x => !x.IsPoll);

    /// <summary>Adds a subscriber that begins with the next message.</summary>
    /// <returns>The place in the ring and the id after which it begins.</returns>
    public (long Place, MessageId After) AddLive(Subscriber subscriber)
    {
        lock (_lock)
        {
            Add(subscriber);
            return (_ring.Next, _position);
        }
    }

    /// <summary>Adds a subscriber that reads what came before and enters the ring by itself.</summary>
    public void Add(Subscriber subscriber)
    {
        lock (_lock)
        {
            _subscribers.Add(subscriber);
            _snapshot = null;
        }
    }

    public void Remove(Subscriber subscriber)
    {
        _counts.Retire(subscriber, () =>
        {
            lock (_lock)
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

    /// <summary>Asks the channel where it stands and what it keeps: a page without messages.</summary>
    public Task<ChannelPage> ReadStanding() => _standing.Get();

    /// <summary>Ends when something new comes to this node after this call.</summary>
    public Task News()
    {
        lock (_lock)
        {
            return (_news ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The place in the ring from which a reader that has everything up to <paramref name="after"/> goes on live, if there is one.</summary>
    public long? GoLive(MessageId after)
    {
        lock (_lock)
        {
            return _position == after ? _ring.Next : _ring.PlaceAfter(after);
        }
    }

    public ValueTask OnMessages(MessageBatch batch, long after)
    {
        // Under the lock, so that one who joins now either has them in the ring before its place or gets them.
        lock (_lock)
        {
            foreach (var message in batch)
            {
                if (message.Offset > after)
                {
                    _ring.Append(new RelayEntry(Name, batch.Epoch, message));
                }
            }

            _position = new MessageId(batch.Epoch, batch.LastOffset);
        }

        PumpAll();
        return ValueTask.CompletedTask;
    }

    public ValueTask OnEpoch(MessageId before, bool deleted)
    {
        Subscriber[] present;
        lock (_lock)
        {
            // Nobody can know how many messages of the old epoch did not come. Whose form has no ids goes on.
            if (!deleted && _position != default && _position.Epoch != before.Epoch)
            {
                _ring.Append(new RelayEntry(new Gap(Name, _position, before, null)));
            }

            _position = before;
            present = deleted ? Snapshot() : [];
        }

        LogEpoch(Name, deleted ? "deleted" : "lost", before.Epoch);
        PumpAll();
        foreach (var subscriber in present)
        {
            subscriber.End(EndReason.Deleted);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask OnGap(MessageId after, MessageId resumed)
    {
        LogGap(Name, after, resumed);
        lock (_lock)
        {
            _ring.Append(new RelayEntry(new Gap(Name, after, resumed, resumed.Offset - after.Offset)));
            _position = resumed;
        }

        PumpAll();
        return ValueTask.CompletedTask;
    }

    /// <summary>All present subscribers.</summary>
    public Subscriber[] Snapshot()
    {
        lock (_lock)
        {
            return _snapshot ??= [.. _subscribers];
        }
    }

    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    private async Task Start()
    {
        var start = await _follower.StartAsync();
        lock (_lock)
        {
            // Messages may have come already.
            if (_position == default)
            {
                _position = start;
            }
        }
    }

    private void PumpAll()
    {
        lock (_lock)
        {
            _news?.SetResult();
            _news = null;
        }

        foreach (var subscriber in Snapshot())
        {
            subscriber.Pump();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Channel {Channel}: its log was {Fate}, it goes on with epoch {Epoch}")]
    private partial void LogEpoch(string channel, string fate, string epoch);

    [LoggerMessage(2, LogLevel.Warning, "Channel {Channel}: the messages from {After} to {Resumed} came too late and are no longer kept")]
    private partial void LogGap(string channel, MessageId after, MessageId resumed);
}
