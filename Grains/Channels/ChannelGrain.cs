using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Streams;
using OrleansGateway.Logs;
using OrleansGateway.Metrics;
using OrleansGateway.Streams;

namespace OrleansGateway.Channels;

/// <summary>
/// Orders and numbers the messages of one channel. What it takes goes to the log first; when the log has it, it is
/// remembered, published to the channel's stream, and acknowledged. Several appends may be under way, and they end in order.
/// </summary>
[GrainType(ChannelStreams.GrainType), Reentrant, PreferLocalPlacement, CollectionAgeLimit(Minutes = 2)]
internal sealed partial class ChannelGrain(ChannelServices services)
    : Grain, IChannelGrain, ILocalChannel, IStreamProducer, IStreamSource, IGrainMigrationParticipant
{
    private const string StateKey = "channel";

    // How exactly the time that it stays is kept: not every publish has to prolong it.
    private static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    // How long it stays after a publish where its messages are elsewhere. The runtime knows of calls only.
    private static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan BetweenOpenings = TimeSpan.FromMilliseconds(500);

    private string _name = string.Empty;
    private IAsyncStream<MessageBatch>? _stream;
    private ChannelHistory _history = null!;
    private IChannelLogSession? _session;
    private ChannelState? _brought;
    private Task _opening = Task.CompletedTask;
    private LogException? _fault;
    private long _openAt;
    private string _epoch = string.Empty;
    private long _term;
    private long _next;
    private int _run;
    private long _sourceTerm;
    private long _lastTime;
    private long _renewAt;
    private bool _hasSubscribers;
    private volatile bool _leaves;
    private Task _room = Task.CompletedTask;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _name = this.GetPrimaryKeyString();
        await Open();
        services.Channels.Add(_name, this);
        OnSubscribersChanged(0);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _leaves = true;
        services.Channels.Remove(_name, this);
        services.Streams.End(ChannelStreams.IdOf(_name));
        return Task.CompletedTask;
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        // What the log keeps needs no other way.
        if (_session is { KeepsMessages: false })
        {
            dehydrationContext.TryAddValue(
                StateKey, new ChannelState(_term, _epoch, _sourceTerm, _lastTime, _history.Newest, _history.Read(0, int.MaxValue), Memory.Snapshot()));
        }
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue<ChannelState>(StateKey, out var state))
        {
            _brought = state;
        }
    }

    public Task<PublishResult> Publish(PublishRequest request) => TakeInTurn(request).AsTask();

    bool IPresentChannel.IsOpen => !_leaves;

    void IPresentChannel.Run(Action<object> action, object state) => GrainContext.Scheduler.QueueAction(action, state);

    ValueTask<PublishResult> IPresentChannel.Take(PublishRequest request) => _leaves ? ValueTask.FromException<PublishResult>(Moved()) : TakeInTurn(request);

    public async Task<ChannelPosition> GetPosition(ChannelPosition? seen = null)
    {
        await OpenSession();
        if (seen is not null && seen.Term >= _term && seen.Epoch != _epoch)
        {
            if (_session!.KeepsMessages)
            {
                await Reopen(seen.Term);
                await OpenSession();
            }
            else
            {
                _term = seen.Term + 1;
            }
        }

        return await Standing(Position);
    }

    public async Task<ChannelPage> Read(MessageId after, int maxBytes)
    {
        await OpenSession();
        _history.Trim(Now());
        MessageBatch[] batches = [];
        if (after.Epoch == _epoch)
        {
            batches = after.Offset + 1 < _history.Oldest && _session!.KeepsMessages
                ? await _session.Read(after.Offset, maxBytes)
                : _history.Read(after.Offset, maxBytes);
        }

        return await Standing(new ChannelPage(Position, _session!.KeepsMessages ? _session.Oldest : _history.Oldest, batches));
    }

    public async Task<long> OpenSource(long term)
    {
        await OpenSession();
        if (term != 0 && term < _sourceTerm)
        {
            return 0;
        }

        // Before the log has it the source has no right to it, but none before it has one either.
        var granted = _sourceTerm = term == 0 ? Math.Max(_sourceTerm + 1, Now()) : term;
        try
        {
            await _session!.KeepSource(granted);
        }
        catch (LogException exception) when (exception.Fault == LogFault.Superseded)
        {
            throw GiveUp();
        }

        return granted;
    }

    public async Task<PublishStatus> Delete()
    {
        if (ChannelName.IsReadOnly(_name))
        {
            return PublishStatus.ReadOnly;
        }

        try
        {
            // Of several at once each waits for the one before.
            do
            {
                await OpenSession();
            }
            while (!_opening.IsCompleted || _session is null);

            // The subscribers hear of it before anything of the new epoch.
            await Reopen(_term, () => _session!.Delete(), () => _room = Stream.OnNextAsync(MessageBatch.Empty(_term, _epoch)));

            // Who subscribes after the answer is not to be ended by it.
            await services.Streams.WaitUntilTaken(ChannelStreams.IdOf(_name));
        }
        catch (LogException exception)
        {
            return exception.Fault == LogFault.Superseded ? throw GiveUp() : Refuse(exception).Status;
        }

        return _session is null ? Refuse(_fault!).Status : PublishStatus.Accepted;
    }

    // A channel that somebody listens to stays where it is.
    public void OnSubscribersChanged(int count)
    {
        (_hasSubscribers, _renewAt) = (count > 0, 0);
        DelayDeactivation(TimeToKeep);
    }

    // The grain itself has the calls of a stream's producer: an extension would cost each channel an object and the tables that find it.
    Task<SiloAddress> IStreamProducer.Subscribe(StreamId stream, Guid subscription, Guid holder, IStreamConsumer consumer) =>
        services.Producer.Subscribe(stream, subscription, holder, consumer, this);

    Task IStreamProducer.Unsubscribe(StreamId stream, Guid subscription) => services.Producer.Unsubscribe(stream, subscription);

    Task<KeptMessages?> ILocalChannel.Look()
    {
        var look = new Task<KeptMessages?>(Look);
        GrainContext.Scheduler.QueueTask(look);
        return look;
    }

    // What only publishes need is made by the first.
    private Queue<Publishing> UnderWay => field ??= [];

    private PublishMemory Memory
    {
        get => field ??= new PublishMemory(services.Retention);
        set;
    }

    private IAsyncStream<MessageBatch> Stream =>
        _stream ??= this.GetStreamProvider(ChannelStreams.Provider).GetStream<MessageBatch>(ChannelStreams.IdOf(_name));

    private ChannelPosition Position => new(_term, _epoch, _history.Newest);

    // What lives in its memory only, lives as long as the messages are kept.
    private TimeSpan TimeToKeep => _hasSubscribers ? Timeout.InfiniteTimeSpan
        : _lastTime == 0 || _session is null ? TimeSpan.Zero
        : _session.KeepsMessages ? QuietTime
        : services.Retention().Of(_name).Age + (2 * Slack);

    private ValueTask<PublishResult> TakeInTurn(PublishRequest request) =>
        _room.IsCompleted && _opening.IsCompleted && _session is not null ? Take(request) : TakeWhenReady(request);

    private async ValueTask<PublishResult> TakeWhenReady(PublishRequest request)
    {
        while (!(_room.IsCompleted && _opening.IsCompleted && _session is not null))
        {
            await _room;
            try
            {
                await OpenSession();
            }
            catch (LogException exception)
            {
                return Refuse(exception);
            }
        }

        // What it has goes to its next owner, or went.
        return _leaves ? throw Moved() : await Take(request);
    }

    private ValueTask<PublishResult> Take(PublishRequest request)
    {
        if (request.SourceTerm != 0 ? request.SourceTerm != _sourceTerm : ChannelName.IsReadOnly(_name))
        {
            return ValueTask.FromResult(new PublishResult(
                request.SourceTerm != 0 ? PublishStatus.StaleSource : PublishStatus.ReadOnly, _epoch, 0, 0));
        }

        if (request.Origin is { } origin)
        {
            if (Memory.Find(origin.Sender) is { } known && known.Sequence >= origin.Sequence)
            {
                return known.Sequence == origin.Sequence
                    ? AnswerAgain(request, known.Answer)
                    : throw new ChannelLostException($"A later request of the same sender to the channel '{_name}' was answered.");
            }

            if (origin.Again && !_session!.KeepsMessages)
            {
                throw new ChannelLostException($"The channel '{_name}' does not know whether it was published.");
            }
        }

        return request.Groups is null ? TakeAll(request) : TakeGroups(request);
    }

    private ValueTask<PublishResult> TakeAll(PublishRequest request)
    {
        var publishing = Begin(request.Messages, request.Origin, null);
        var answer = new Answered(publishing.FirstOffset, publishing.Entry.Batch.Count, publishing.TimeMs, publishing.Settled);
        return publishing.Settled.IsCompletedSuccessfully ? ValueTask.FromResult(Accepted(answer)) : ResultOf(answer);
    }

    /// <summary>Takes those groups whose keys it does not know, and answers for all.</summary>
    private async ValueTask<PublishResult> TakeGroups(PublishRequest request)
    {
        var (now, groups) = (Now(), request.Groups!);
        var answers = new (Answered? Known, int Index, bool Reused)[groups.Length];
        var taken = new List<MessageDraft>(request.Messages.Length);
        List<(string Key, UInt128 Fingerprint, int Index, int Count)>? keys = null;
        var at = 0;
        for (var i = 0; i < groups.Length; i++)
        {
            var (count, key) = groups[i];
            var messages = request.Messages.AsSpan(at, count);
            at += count;
            if (key is not null)
            {
                var fingerprint = PublishMemory.Fingerprint(messages);
                if (Memory.Find(key, now) is { } known)
                {
                    answers[i] = (known.Answer, 0, known.Fingerprint != fingerprint);
                    continue;
                }

                // The same key twice in one request.
                if (keys?.FindIndex(x => x.Key == key) is >= 0 and var index)
                {
                    answers[i] = (null, keys[index].Index, keys[index].Fingerprint != fingerprint);
                    continue;
                }

                (keys ??= []).Add((key, fingerprint, taken.Count, count));
            }

            answers[i] = (null, taken.Count, false);
            taken.AddRange(messages);
        }

        var publishing = taken.Count == 0 ? null : Begin([.. taken], request.Origin, keys);
        var results = new PublishResult[groups.Length];
        for (var i = 0; i < groups.Length; i++)
        {
            var (known, index, reused) = answers[i];
            results[i] = reused ? new PublishResult(PublishStatus.KeyReused, _epoch, 0, 0)
                : await ResultOf(known ?? new Answered(publishing!.FirstOffset + index, groups[i].Count, publishing.TimeMs, publishing.Settled));
        }

        return new PublishResult(PublishStatus.Accepted, _epoch, publishing?.FirstOffset ?? 0, now, results);
    }

    /// <summary>Answers a request whose messages it has taken before.</summary>
    private async ValueTask<PublishResult> AnswerAgain(PublishRequest request, Answered taken)
    {
        if (request.Groups is null)
        {
            return await ResultOf(taken);
        }

        var results = new PublishResult[request.Groups.Length];
        var (at, next) = (0, taken.FirstOffset);
        for (var i = 0; i < results.Length; i++)
        {
            var (count, key) = request.Groups[i];
            if (key is not null && Memory.Find(key, 0) is { } known)
            {
                results[i] = known.Fingerprint == PublishMemory.Fingerprint(request.Messages.AsSpan(at, count))
                    ? await ResultOf(known.Answer)
                    : new PublishResult(PublishStatus.KeyReused, _epoch, 0, 0);
                next += known.Answer.FirstOffset == next ? count : 0;
            }
            else
            {
                results[i] = await ResultOf(taken with { FirstOffset = next });
                next += count;
            }

            at += count;
        }

        return new PublishResult(PublishStatus.Accepted, _epoch, taken.FirstOffset, taken.TimeMs, results);
    }

    private async ValueTask<PublishResult> ResultOf(Answered answer)
    {
        try
        {
            await answer.Settled;
            return Accepted(answer);
        }
        catch (LogException exception)
        {
            return Refuse(exception);
        }
    }

    private PublishResult Accepted(Answered answer) => new(PublishStatus.Accepted, _epoch, answer.FirstOffset, answer.TimeMs);

    private PublishResult Refuse(LogException exception) => exception.Fault switch
    {
        LogFault.Full => new PublishResult(PublishStatus.LogFull, _epoch, 0, 0),
        LogFault.Unavailable => new PublishResult(PublishStatus.LogUnavailable, _epoch, 0, 0),

        // Whoever has the channel now knows what became of it.
        _ => throw Moved(),
    };

    /// <summary>Numbers messages and gives them to the log.</summary>
    private Publishing Begin(MessageDraft[] messages, PublishOrigin? origin, List<(string Key, UInt128 Fingerprint, int Index, int Count)>? keys)
    {
        _lastTime = Math.Max(_lastTime, Now());
        if (_lastTime >= _renewAt)
        {
            DelayDeactivation(TimeToKeep);
            _renewAt = _lastTime + (long)(_session!.KeepsMessages ? QuietTime / 2 : Slack).TotalMilliseconds;
        }

        var first = _next;
        var batch = MessageBatch.Pack(_term, _epoch, first, _lastTime, messages);
        var publishing = new Publishing(
            new LogEntry(batch, origin, keys?.Select(x => new KeyedPublish(x.Key, x.Fingerprint, first + x.Index, x.Count)).ToArray()), _lastTime, _run);
        var append = _session!.Append(publishing.Entry);
        _next = batch.LastOffset + 1;
        if (append.IsCompletedSuccessfully && UnderWay.Count == 0)
        {
            Publish(publishing);
            Memory.Remember(publishing);
        }
        else
        {
            Memory.Remember(publishing);
            UnderWay.Enqueue(publishing);
            _ = SettleAfter(append, publishing);
        }

        return publishing;
    }

    private async Task SettleAfter(ValueTask append, Publishing publishing)
    {
        try
        {
            await append;
            publishing.Appended(null);
        }
        catch (Exception exception)
        {
            publishing.Appended(exception);
        }

        while (UnderWay.TryPeek(out var oldest) && oldest.IsAppended)
        {
            UnderWay.Dequeue();
            if (oldest.Failure is { } failure)
            {
                Fail(oldest, failure);
            }
            else
            {
                Publish(oldest);
            }
        }
    }

    private void Publish(Publishing publishing)
    {
        var batch = publishing.Entry.Batch;
        _history.Append(batch, _lastTime);
        var room = Stream.OnNextAsync(batch);
        _room = _room.IsCompleted ? room : room.IsCompleted ? _room : Task.WhenAll(_room, room);
        publishing.Settle();
    }

    private void Fail(Publishing publishing, Exception exception)
    {
        Memory.Forget(publishing);

        // Its number is free again, and those behind it fail too; but not what has got these numbers since.
        if (publishing.Run == _run)
        {
            (_next, _run) = (publishing.FirstOffset, _run + 1);
        }

        publishing.Fail(exception);
        if (exception is LogException { Fault: LogFault.Superseded })
        {
            GiveUp();
        }
    }

    /// <summary>Gives out what the channel says, unless another owner has taken it over: then that one may have said more.</summary>
    private ValueTask<T> Standing<T>(T answer)
    {
        var stands = _session!.Stands();
        return stands is { IsCompletedSuccessfully: true, Result: true } ? ValueTask.FromResult(answer) : Look();

        async ValueTask<T> Look()
        {
            if (await stands)
            {
                return answer;
            }

            throw GiveUp();
        }
    }

    /// <summary>What is in memory here, unless nobody would want to know of it.</summary>
    private KeptMessages? Look()
    {
        _history?.Trim(Now());
        return _session is not null && (_hasSubscribers || _history!.Oldest <= _history.Newest)
            ? new KeptMessages(_name, _epoch, _history!.Oldest, _history.Newest, _history.Bytes)
            : null;
    }

    /// <summary>Leaves the channel to its other owner.</summary>
    private ChannelMovedException GiveUp()
    {
        LogSuperseded(services.Logger, _name);
        _leaves = true;
        DeactivateOnIdle();
        return Moved();
    }

    private ChannelMovedException Moved() => new($"The channel '{_name}' has another owner.");

    /// <summary>Opens the log where it is not open. It ends in an error while the log cannot be opened.</summary>
    private async Task OpenSession()
    {
        // Whoever asked for what failed was told, and it left the session as it was.
        await _opening.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        if (_session is null)
        {
            if (Now() < _openAt)
            {
                throw _fault!;
            }

            await (_opening = Open());
            if (_session is null)
            {
                throw _fault!;
            }
        }
    }

    private async Task Open(long aboveTerm = 0)
    {
        try
        {
            var session = await services.Log.Open(_name, aboveTerm);
            (_term, _epoch, _sourceTerm, _lastTime) = (session.Term, session.Epoch, session.SourceTerm, session.LastTimeMs);
            Memory = null!;
            _history = new ChannelHistory(ChannelLimits.Of(_name, services.Retention), session.KeepsMessages);
            if (_brought is { } state)
            {
                // The next owner of the same messages: what the one before may still send is older.
                (_term, _epoch, _sourceTerm, _lastTime) = (state.Term + 1, state.Epoch, state.SourceTerm, state.LastTime);
                _history.Restore(state.Newest, state.Batches);
                Memory.Restore(state.Publishes);
                _brought = null;
            }
            else
            {
                _history.Restore(session.Newest, []);
                if (session.Recent.Count > 0)
                {
                    Memory.Restore(session.Recent);
                }
            }

            (_next, _session, _fault) = (_history.Newest + 1, session, null);
            GatewayMeter.Takeovers.Add();
        }
        catch (LogException exception)
        {
            LogNotOpened(services.Logger, exception, _name);
            _fault = exception;
            _openAt = Now() + (long)BetweenOpenings.TotalMilliseconds;
        }
    }

    /// <summary>Takes the channel over from itself, under a higher term. What is published meanwhile waits.</summary>
    private async Task Reopen(long aboveTerm, Func<ValueTask>? before = null, Action? after = null)
    {
        var underWay = UnderWay.Select(x => x.Settled).ToList();
        await (_opening = Again());

        async Task Again()
        {
            await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (before is not null)
            {
                await before();
            }

            _session = null;
            await Open(aboveTerm);
            if (_session is not null)
            {
                after?.Invoke();
            }
        }
    }

    private long Now() => services.Time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1, LogLevel.Information, "Channel {Channel}: another owner took it over")]
    private static partial void LogSuperseded(ILogger logger, string channel);

    [LoggerMessage(2, LogLevel.Warning, "Channel {Channel}: its log cannot be opened; trying again when it is asked for")]
    private static partial void LogNotOpened(ILogger logger, Exception exception, string channel);
}

/// <summary>What a channel that has no log takes along to another node.</summary>
[GenerateSerializer, Immutable, Alias("OrleansGateway.ChannelState")]
internal sealed record ChannelState(
    [property: Id(0)] long Term,
    [property: Id(1)] string Epoch,
    [property: Id(2)] long SourceTerm,
    [property: Id(3)] long LastTime,
    [property: Id(4)] long Newest,
    [property: Id(5)] MessageBatch[] Batches,
    [property: Id(6)] LoggedPublish[] Publishes);
