using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using OrleansGateway.Streams;

namespace OrleansGateway.Channels;

/// <summary>
/// Follows one channel from wherever it runs: subscribes to the channel's stream, reads what the stream missed from the
/// channel's grain, and goes on when the channel moves to another node. Its sink sees each message once, in order.
/// </summary>
/// <remarks>It needs <see cref="DirectStreamHosting.AddChannelStreams"/> in a client outside of the cluster.</remarks>
public sealed partial class ChannelFollower : IAsyncObserver<MessageBatch>, IAsyncBatchObserver<MessageBatch>, IAsyncDisposable
{
    private const int PageBytes = 256 * 1024;
    // A call that was under way when its grain moved or died can stay without an answer for long.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromMilliseconds(500);

    // There may be a million of them: what is needed only when something happens is asked for then.
    private readonly IClusterClient _client;
    private readonly string _name;
    private readonly IChannelSink _sink;
    private readonly ILogger<ChannelFollower> _logger;
    private readonly TimeProvider _time;
    private readonly Turn _turn = new();
    private ChannelTracker _tracker;
    private StreamSubscriptionHandle<MessageBatch>? _handle;

    // There is one while something is under way that has to end with the follower.
    private CancellationTokenSource? _stop;
    private int _underWay;

    /// <summary>Makes a follower; <see cref="StartAsync"/> starts it.</summary>
    /// <param name="client">A cluster client: a silo's own or one outside of the cluster.</param>
    /// <param name="channel">The channel's name.</param>
    /// <param name="sink">What takes the messages.</param>
    public ChannelFollower(IClusterClient client, string channel, IChannelSink sink)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _name = channel;
        _sink = sink;
        _logger = client.ServiceProvider.GetRequiredService<ILogger<ChannelFollower>>();
        _time = client.ServiceProvider.GetService<TimeProvider>() ?? TimeProvider.System;
    }

    /// <summary>The id of the last message that the sink took, or of the place where it began.</summary>
    public MessageId Position => new(_tracker.Epoch ?? string.Empty, _tracker.Offset);

    private IAsyncObserver<MessageBatch> Observer => this;

    private IChannelGrain Channel => _client.GetGrain<IChannelGrain>(_name);

    private IAsyncStream<MessageBatch> Stream => _client.ServiceProvider.GetRequiredKeyedService<IStreamProvider>(ChannelStreams.Provider)
        .GetStream<MessageBatch>(ChannelStreams.IdOf(_name));

    private ChannelPosition Seen => new(_tracker.Term, _tracker.Epoch!, _tracker.Offset);

    /// <summary>Begins to follow, with the next message. Tries until the channel can be reached.</summary>
    /// <returns>The id after which the messages begin.</returns>
    public async Task<MessageId> StartAsync(CancellationToken cancellationToken = default)
    {
        await _turn.Take();
        try
        {
            await Persist(
                async () =>
                {
                    await Subscribe();
                    var position = await Channel.GetPosition().WaitAsync(CallTimeout, _time);
                    _tracker.Enter(position.Term, position.Epoch, position.Newest);
                },
                cancellationToken);
            return Position;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes a batch from the stream. Not to be called by others.</summary>
    public async Task OnNextAsync(MessageBatch item, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(item);
        await _turn.Take();
        try
        {
            await Take(item);
            await _sink.Flush();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes several batches from the stream. Not to be called by others.</summary>
    public async Task OnNextAsync(IList<SequentialItem<MessageBatch>> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        await _turn.Take();
        try
        {
            foreach (var item in items)
            {
                await Take(item.Item);
            }

            await _sink.Flush();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Subscribes again after an interruption. Not to be called by others.</summary>
    public Task OnErrorAsync(Exception ex) => ex is StreamInterruptedException ? Resume() : Task.FromException(ex);

    /// <summary>Ends nothing: a channel's stream does not end.</summary>
    public Task OnCompletedAsync() => Task.CompletedTask;

    /// <summary>Stops following.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!await EndHere())
        {
            return;
        }

        try
        {
            if (_handle is { } handle)
            {
                await handle.UnsubscribeAsync();
            }
        }
        catch (Exception exception)
        {
            // The producer forgets a subscription whose lease ends.
            LogUnsubscribeFailed(exception, _name);
        }
    }

    /// <summary>Stops following without a word to the channel, which forgets by itself a node that leaves.</summary>
    internal Task Abandon() => EndHere();

    private async Task<bool> EndHere()
    {
        if (!_turn.End())
        {
            return false;
        }

        CancellationTokenSource? stop;
        lock (_turn)
        {
            stop = _stop;
        }

        await (stop?.CancelAsync() ?? Task.CompletedTask);
        return true;
    }

    private async Task Subscribe()
    {
        _handle = _handle is null ? await Stream.SubscribeAsync(Observer) : await _handle.ResumeAsync(Observer);
        if (_turn.IsOver)
        {
            // It was stopped meanwhile, when there was nothing yet to end.
            await _handle.UnsubscribeAsync();
        }
    }

    private async Task Resume()
    {
        await Persist(Subscribe);
        await _turn.Take();
        try
        {
            // The seam: what was published while there was no subscription.
            await Persist(
                async () =>
                {
                    var position = await Channel.GetPosition(Seen).WaitAsync(CallTimeout, _time);
                    if (position.Epoch != _tracker.Epoch)
                    {
                        await EnterEpoch(position.Term, position.Epoch);
                    }

                    await ReadUpTo(position.Newest);
                });
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask Take(MessageBatch batch)
    {
        while (true)
        {
            switch (_tracker.Judge(batch))
            {
                case BatchVerdict.Drop:
                    return;
                case BatchVerdict.Take:
                    var after = _tracker.Offset;
                    await _sink.OnMessages(batch, after);
                    _tracker.Advance(batch.LastOffset);
                    return;
                case BatchVerdict.NewEpoch:
                    await EnterEpoch(batch.Term, batch.Epoch, deleted: batch.Count == 0);
                    break;
                case BatchVerdict.Hole:
                    LogHole(_name, _tracker.Offset, batch.FirstOffset);
                    await ReadHole(batch.FirstOffset - 1);
                    break;
            }
        }
    }

    private async ValueTask EnterEpoch(long term, string epoch, bool deleted = false)
    {
        await _sink.OnEpoch(new MessageId(epoch, 0), deleted);
        _tracker.Enter(term, epoch, 0);
    }

    private Task ReadHole(long upTo) => Persist(() => ReadUpTo(upTo));

    /// <summary>Reads from the grain until <paramref name="offset"/> of the present epoch was taken, or a later epoch was entered.</summary>
    private async Task ReadUpTo(long offset)
    {
        var epoch = _tracker.Epoch;
        while (_tracker.Epoch == epoch && _tracker.Offset < offset)
        {
            var page = await Channel.Read(Position, PageBytes).WaitAsync(CallTimeout, _time);
            if (page.Position.Epoch != epoch)
            {
                if (page.Position.Term < _tracker.Term)
                {
                    await Channel.GetPosition(Seen).WaitAsync(CallTimeout, _time);
                    throw new InvalidOperationException($"The channel '{_name}' answered from an owner that was replaced.");
                }

                await EnterEpoch(page.Position.Term, page.Position.Epoch);
                return;
            }

            if (page.Oldest > _tracker.Offset + 1)
            {
                var resumed = new MessageId(page.Position.Epoch, page.Oldest - 1);
                await _sink.OnGap(Position, resumed);
                _tracker.Advance(resumed.Offset);
            }

            foreach (var batch in page.Batches)
            {
                if (batch.LastOffset > _tracker.Offset)
                {
                    await _sink.OnMessages(batch, _tracker.Offset);
                    _tracker.Advance(batch.LastOffset);
                }
            }

            await _sink.Flush();
            if (page.Batches.Length == 0 && _tracker.Offset < Math.Min(offset, page.Position.Newest))
            {
                throw new InvalidOperationException($"The channel '{_name}' has no messages after {Position} but says that it stands at {page.Position.Newest}.");
            }

            if (page.Position.Newest <= _tracker.Offset)
            {
                return;
            }
        }
    }

    /// <summary>Tries again, with backoff, whatever fails while a channel moves; until it is cancelled or the follower stops.</summary>
    private async Task Persist(Func<Task> action, CancellationToken cancellationToken = default)
    {
        var stop = Begin();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stop);
            for (var backoff = MinBackoff; ; backoff = backoff * 2 < MaxBackoff ? backoff * 2 : MaxBackoff)
            {
                either.Token.ThrowIfCancellationRequested();
                try
                {
                    await action().WaitAsync(either.Token);
                    return;
                }
                catch (Exception exception) when (!either.IsCancellationRequested)
                {
                    LogRetry(exception, _name);
                }

                await Task.Delay(backoff, _time, either.Token);
            }
        }
        finally
        {
            End();
        }
    }

    private CancellationToken Begin()
    {
        lock (_turn)
        {
            _underWay++;
            _stop ??= new CancellationTokenSource();
            return _turn.IsOver ? new CancellationToken(canceled: true) : _stop.Token;
        }
    }

    private void End()
    {
        lock (_turn)
        {
            if (--_underWay == 0)
            {
                _stop = null;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Channel {Channel}: messages between {After} and {Next} did not come by the stream")]
    private partial void LogHole(string channel, long after, long next);

    [LoggerMessage(2, LogLevel.Debug, "Channel {Channel} cannot be reached; trying again")]
    private partial void LogRetry(Exception exception, string channel);

    [LoggerMessage(3, LogLevel.Debug, "Channel {Channel}: could not unsubscribe")]
    private partial void LogUnsubscribeFailed(Exception exception, string channel);
}
