using Microsoft.Extensions.Logging;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>One channel on this node: follows it.</summary>
internal sealed partial class ChannelRelay : Relay, IChannelSink
{
    // A call that was under way when its grain moved or died can stay without an answer for long.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    // There may be a million of them: what few ask for is made when it is asked for, and forgotten some time after.
    private readonly ChannelRelayServices _services;
    private readonly ChannelFollower _follower;
    private RelayPages? _pages;
    private SharedCall<ChannelPage>? _standing;
    private Task _started;
    private IRelayTap[] _taps = [];
    private MessageId _position;

    /// <summary>Makes one; it starts by itself.</summary>
    public ChannelRelay(string name, ChannelRelayServices services)
        : base(name, services.Counts)
    {
        _services = services;
        _follower = new ChannelFollower(services.Client, name, this);
        _started = Start();
    }

    /// <summary>Makes one that shares nothing.</summary>
    public ChannelRelay(string name, IClusterClient client, TimeProvider time, ILogger<ChannelRelay> logger)
        : this(name, new ChannelRelayServices(client, time, logger, new RelayCounts()))
    {
    }

    public override Task Started => Volatile.Read(ref _started);

    /// <summary>How many listen to the channel, by itself or among others.</summary>
    public int ListenerCount => SubscriberCount + Volatile.Read(ref _taps).Sum(x => x.SubscribersOf(Name));

    /// <summary>What the channel keeps, for those who are behind the ring.</summary>
    public RelayPages Pages
    {
        get
        {
            RelayPages pages;
            lock (Lock)
            {
                if (_pages is not null)
                {
                    return _pages;
                }

                _pages = pages = new RelayPages(Name, Read, _services.Time);
            }

            _services.Tend?.Invoke(this);
            return pages;
        }
    }

    /// <summary>Adds a subscriber that begins with the next message.</summary>
    /// <returns>The place in the ring and the id after which it begins.</returns>
    public (long Place, MessageId After) AddLive(Subscriber subscriber)
    {
        lock (Lock)
        {
            Add(subscriber);
            return (Ring.Next, _position);
        }
    }

    /// <summary>Adds who takes all that comes from now on.</summary>
    /// <returns>The id after which it begins.</returns>
    public MessageId AddTap(IRelayTap tap)
    {
        lock (Lock)
        {
            _taps = [.. _taps, tap];
            return _position;
        }
    }

    public void RemoveTap(IRelayTap tap)
    {
        lock (Lock)
        {
            _taps = [.. _taps.Where(x => x != tap)];
        }
    }

    public override async Task<Beginning> Find(Since since, CancellationToken cancellationToken, bool isFixed = false) => new ChannelBeginning(
        this, isFixed ? await FindId(since, cancellationToken) : await StartingPoint.Find(this, since, _services.Time, cancellationToken));

    public override async Task<Poll> FindPoll(Since since, CancellationToken cancellationToken) =>
        new ChannelPoll(this, await StartingPoint.FindId(this, since, _services.Time, cancellationToken));

    /// <summary>Whether it holds something that <see cref="Expire"/> has to forget some time.</summary>
    public bool IsHolding
    {
        get
        {
            lock (Lock)
            {
                return _pages is not null || _standing is not null;
            }
        }
    }

    /// <summary>Asks the channel where it stands and what it keeps: a page without messages.</summary>
    public Task<ChannelPage> ReadStanding()
    {
        SharedCall<ChannelPage> standing;
        lock (Lock)
        {
            standing = _standing ??= new SharedCall<ChannelPage>(() => Read(new MessageId(string.Empty, 0), 0));
        }

        _services.Tend?.Invoke(this);
        return standing.Get();
    }

    /// <summary>The place in the ring from which a reader that has everything up to <paramref name="after"/> goes on live, if there is one.</summary>
    public long? GoLive(MessageId after)
    {
        lock (Lock)
        {
            return _position == after ? Ring.Next : Ring.PlaceAfter(after);
        }
    }

    public ValueTask OnMessages(MessageBatch batch, long after)
    {
        // Under the lock, so that one who joins now either has them in the ring before its place or gets them.
        IRelayTap[] taps;
        lock (Lock)
        {
            foreach (var message in batch)
            {
                if (message.Offset > after)
                {
                    Ring.Append(new RelayEntry(Name, batch.Epoch, message));
                }
            }

            _position = new MessageId(batch.Epoch, batch.LastOffset);
            taps = _taps;
        }

        foreach (var tap in taps)
        {
            tap.OnMessages(Name, batch, after);
        }

        return ValueTask.CompletedTask;
    }

    // Whoever waits for it is told to slow down: nobody is to fall out of the ring for a node that does not keep up.
    public ValueTask Flush()
    {
        var swept = Sweep();
        return LagsBehind ? new ValueTask(swept) : ValueTask.CompletedTask;
    }

    public ValueTask OnEpoch(MessageId before, bool deleted)
    {
        Subscriber[] present;
        IRelayTap[] taps;
        lock (Lock)
        {
            // Nobody can know how many messages of the old epoch did not come. Whose form has no ids goes on.
            if (!deleted && _position != default && _position.Epoch != before.Epoch)
            {
                Ring.Append(new RelayEntry(new Gap(Name, _position, before, null), before));
            }

            (_position, taps) = (before, _taps);
            // What ends by itself ends with the epoch that it reads.
            present = deleted ? [.. Snapshot().Where(x => !x.IsPoll)] : [];
        }

        LogEpoch(_services.Logger, Name, deleted ? "deleted" : "lost", before.Epoch);
        foreach (var tap in taps)
        {
            tap.OnEpoch(Name, before, deleted);
        }

        _ = Sweep();
        foreach (var subscriber in present)
        {
            subscriber.End(EndReason.Deleted);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask OnGap(MessageId after, MessageId resumed)
    {
        LogGap(_services.Logger, Name, after, resumed);
        IRelayTap[] taps;
        lock (Lock)
        {
            Ring.Append(new RelayEntry(new Gap(Name, after, resumed, resumed.Offset - after.Offset), resumed));
            (_position, taps) = (resumed, _taps);
        }

        foreach (var tap in taps)
        {
            tap.OnGap(Name, after, resumed);
        }

        _ = Sweep();
        return ValueTask.CompletedTask;
    }

    public override void Expire(long now)
    {
        lock (Lock)
        {
            // Who still has one that is forgotten here only shares it with fewer.
            _pages?.Expire(now);
            _pages = _pages is { IsIdle: true } ? null : _pages;
            _standing = _standing is { IsIdle: true } ? null : _standing;
        }
    }

    public override ValueTask DisposeAsync() => _follower.DisposeAsync();

    public override Task Abandon() => _follower.Abandon();

    private Task<ChannelPage> Read(MessageId after, int maxBytes) => _services.Client.GetGrain<IChannelGrain>(Name).Read(after, maxBytes).WaitAsync(CallTimeout, _services.Time);

    private async Task<Start> FindId(Since since, CancellationToken cancellationToken)
    {
        // Where the relay has not reached the place yet, the subscriber would have to read what it is about to hear.
        var finding = StartingPoint.FindId(this, since, _services.Time, cancellationToken);
        await Started.WaitAsync(cancellationToken);
        return await finding;
    }

    private async Task Start()
    {
        var start = await _follower.StartAsync();
        lock (Lock)
        {
            // Messages may have come already.
            if (_position == default)
            {
                _position = start;
            }
        }

        // That it has started takes no room.
        Volatile.Write(ref _started, Task.CompletedTask);
    }

    [LoggerMessage(1, LogLevel.Information, "Channel {Channel}: its log was {Fate}, it goes on with epoch {Epoch}")]
    private static partial void LogEpoch(ILogger logger, string channel, string fate, string epoch);

    [LoggerMessage(2, LogLevel.Warning, "Channel {Channel}: the messages from {After} to {Resumed} came too late and are no longer kept")]
    private static partial void LogGap(ILogger logger, string channel, MessageId after, MessageId resumed);
}
