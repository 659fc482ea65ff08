using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Streams;
using OrleansGateway.Cluster;
using OrleansGateway.Streams;

namespace OrleansGateway.Channels;

/// <summary>Orders and numbers the messages of one channel, keeps the newest, and publishes them to the channel's stream.</summary>
[GrainType(ChannelStreams.GrainType), Reentrant, PreferLocalPlacement]
internal sealed class ChannelGrain(StreamHost streams, Handover handover, IOptions<RetentionOptions> retention, TimeProvider time)
    : Grain, IChannelGrain, IStreamSource, IGrainMigrationParticipant
{
    private const string StateKey = "channel";

    // How exactly the time that it stays is kept: not every publish has to prolong it.
    private static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    private readonly ChannelHistory _history = new(retention.Value);
    private string _name = string.Empty;
    private IAsyncStream<MessageBatch> _stream = null!;
    private string _epoch = string.Empty;
    private long _term;
    private long _sourceTerm;
    private long _lastTime;
    private long _renewAt;
    private bool _hasSubscribers;
    private Task _room = Task.CompletedTask;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _name = this.GetPrimaryKeyString();
        _stream = this.GetStreamProvider(ChannelStreams.Provider).GetStream<MessageBatch>(ChannelStreams.IdOf(_name));
        if (_epoch.Length == 0)
        {
            _epoch = Epochs.New();
            _term = Now();
        }

        handover.Add(GrainContext);
        OnSubscribersChanged(0);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        handover.Remove(GrainContext);
        streams.End(_stream.StreamId);
        return Task.CompletedTask;
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext) => dehydrationContext.TryAddValue(
        StateKey, new ChannelState(_term, _epoch, _sourceTerm, _lastTime, _history.Newest, _history.Read(0, int.MaxValue)));

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue<ChannelState>(StateKey, out var state) && state is not null)
        {
            // The next owner of the same log: what the one before may still send is older.
            (_term, _epoch, _sourceTerm, _lastTime) = (state.Term + 1, state.Epoch, state.SourceTerm, state.LastTime);
            _history.Restore(state.Newest, state.Batches);
        }
    }

    public Task<PublishResult> Publish(PublishRequest request) =>
        _room.IsCompleted ? Task.FromResult(Accept(request)) : AcceptWhenThereIsRoom(request);

    public Task<ChannelPosition> GetPosition(ChannelPosition? seen = null)
    {
        if (seen is not null && seen.Term >= _term && seen.Epoch != _epoch)
        {
            _term = seen.Term + 1;
        }

        return Task.FromResult(Position);
    }

    public Task<ChannelPage> Read(MessageId after, int maxBytes)
    {
        _history.Trim(Now());
        var batches = after.Epoch == _epoch ? _history.Read(after.Offset, maxBytes) : [];
        return Task.FromResult(new ChannelPage(Position, _history.Oldest, batches));
    }

    public Task<long> OpenSource(long term)
    {
        if (term == 0)
        {
            _sourceTerm = Math.Max(_sourceTerm + 1, Now());
        }
        else if (term >= _sourceTerm)
        {
            _sourceTerm = term;
        }
        else
        {
            return Task.FromResult(0L);
        }

        return Task.FromResult(_sourceTerm);
    }

    // A channel that somebody listens to stays where it is.
    public void OnSubscribersChanged(int count)
    {
        (_hasSubscribers, _renewAt) = (count > 0, 0);
        DelayDeactivation(TimeToKeep);
    }

    private ChannelPosition Position => new(_term, _epoch, _history.Newest);

    // Its messages live in its memory, so it stays as long as they are kept.
    private TimeSpan TimeToKeep => _hasSubscribers ? Timeout.InfiniteTimeSpan : _lastTime == 0 ? TimeSpan.Zero : retention.Value.Age + (2 * Slack);

    private async Task<PublishResult> AcceptWhenThereIsRoom(PublishRequest request)
    {
        while (!_room.IsCompleted)
        {
            await _room;
        }

        return Accept(request);
    }

    private PublishResult Accept(PublishRequest request)
    {
        if (request.SourceTerm != 0)
        {
            if (request.SourceTerm != _sourceTerm)
            {
                return new PublishResult(PublishStatus.StaleSource, _epoch, 0, 0);
            }
        }
        else if (ChannelName.IsReadOnly(_name))
        {
            return new PublishResult(PublishStatus.ReadOnly, _epoch, 0, 0);
        }

        _lastTime = Math.Max(_lastTime, Now());
        var batch = MessageBatch.Pack(_term, _epoch, _history.Newest + 1, _lastTime, request.Messages);
        if (_lastTime >= _renewAt)
        {
            DelayDeactivation(TimeToKeep);
            _renewAt = _lastTime + (long)Slack.TotalMilliseconds;
        }

        _history.Append(batch, _lastTime);
        _room = _stream.OnNextAsync(batch);
        return new PublishResult(PublishStatus.Accepted, _epoch, batch.FirstOffset, _lastTime);
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>What a channel takes along to another node.</summary>
[GenerateSerializer, Immutable, Alias("OrleansGateway.ChannelState")]
internal sealed record ChannelState(
    [property: Id(0)] long Term,
    [property: Id(1)] string Epoch,
    [property: Id(2)] long SourceTerm,
    [property: Id(3)] long LastTime,
    [property: Id(4)] long Newest,
    [property: Id(5)] MessageBatch[] Batches);
