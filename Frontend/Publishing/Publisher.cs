using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;

namespace OrleansGateway.Publishing;

/// <summary>Publishes for this node's clients, over whatever transport they came.</summary>
internal sealed partial class Publisher : IChannelCalls, IDisposable
{
    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromMilliseconds(200);

    // One look for all publishes under way, rather than a timer for each: so much sooner than the limit they are given up.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    // A call that was under way when its grain moved or died can stay without an answer for long, and what is published behind it waits.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, ChannelPublisher> _busy = new(StringComparer.Ordinal);
    private readonly Guid _sender = Guid.NewGuid();
    private readonly IClusterClient _client;
    private readonly IPresentChannels? _present;
    private readonly IOptionsMonitor<FrontendOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Publisher> _logger;
    private readonly ITimer _look;
    private int _looking;
    private long _sequence;

    public Publisher(
        IClusterClient client, IOptionsMonitor<FrontendOptions> options, TimeProvider time, ILogger<Publisher> logger, IPresentChannels? present = null)
    {
        (_client, _options, _time, _logger, _present) = (client, options, time, logger, present);
        _look = time.CreateTimer(static x => ((Publisher)x!).GiveUpOld(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Publishes a message or a batch. Calls that are made one after the other are published in this order, also when none waits for the one before.</summary>
    /// <returns>The channel's answer, or the problem that the client is told.</returns>
    public Task<(PublishResult Result, Problem? Problem)> Publish(string channel, in Publication publication)
    {
        var waiter = new TaskWaiter();
        Publish(channel, publication, waiter);
        return waiter.Task;
    }

    /// <summary>The same, for whoever needs no task.</summary>
    public void Publish(string channel, in Publication publication, IPublishWaiter waiter)
    {
        var pending = new Pending(this, channel, publication, waiter, _time.GetTimestamp());

        // A publisher object lives only while there is something under way: a million quiet channels hold nothing.
        while (true)
        {
            var publisher = _busy.GetOrAdd(channel, static (name, self) => new ChannelPublisher(self, name), this);
            if (publisher.TryAdd(pending, out var run))
            {
                Look();
                if (run && !SendLater.TryAdd(publisher))
                {
                    publisher.Send();
                }

                return;
            }

            Over(publisher);
        }
    }

    /// <summary>Deletes a channel's log.</summary>
    /// <returns>The problem that the client is told, or null where it is done.</returns>
    public async Task<Problem?> Delete(string channel)
    {
        try
        {
            var grain = _client.GetGrain<IChannelGrain>(channel);
            return ProblemOf(await Persist(channel, _ => grain.Delete()).WaitAsync(_options.CurrentValue.PublishTimeout, _time), channel, null);
        }
        catch (Exception exception)
        {
            LogFailed(exception, channel);
            return Problem.Unavailable($"The channel '{channel}' cannot be reached. It may or may not have been deleted. Try again.");
        }
    }

    private static Problem? ProblemOf(PublishStatus status, string channel, string? key) => status switch
    {
        PublishStatus.Accepted => null,
        PublishStatus.KeyReused => Problem.KeyReused(key!),
        PublishStatus.LogFull => Problem.LogFull(channel),
        PublishStatus.LogUnavailable => Problem.LogUnavailable(channel),
        _ => Problem.ReadOnly(channel),
    };

    IPresentChannel? IChannelCalls.Find(string channel) => _present?.Find(channel);

    PublishOrigin IChannelCalls.NextOrigin() => new(_sender, Interlocked.Increment(ref _sequence));

    /// <remarks>The request's origin tells the channel what it has already taken: also one that is under way there, and answered late.</remarks>
    Task<PublishResult> IChannelCalls.Call(string channel, PublishRequest request, bool again)
    {
        var grain = _client.GetGrain<IChannelGrain>(channel);
        return Persist(
            channel,
            retried => grain.Publish(retried || again ? request with { Origin = request.Origin! with { Again = true } } : request).WaitAsync(CallTimeout, _time));
    }

    public void Over(ChannelPublisher publisher) => _busy.TryRemove(new KeyValuePair<string, ChannelPublisher>(publisher.Channel, publisher));

    public void Dispose() => _look.Dispose();

    /// <summary>Calls a channel until it answers, for as long as a publisher waits.</summary>
    private async Task<T> Persist<T>(string channel, Func<bool, Task<T>> call)
    {
        var (start, again) = (_time.GetTimestamp(), false);
        for (var backoff = MinBackoff; ; backoff = backoff * 2 < MaxBackoff ? backoff * 2 : MaxBackoff)
        {
            try
            {
                return await call(again);
            }
            catch (Exception exception) when (exception is not ChannelLostException && _time.GetElapsedTime(start) + backoff < _options.CurrentValue.PublishTimeout)
            {
                LogRetry(exception, channel);
                again = true;
            }

            await Task.Delay(backoff, _time);
        }
    }

    private void Look()
    {
        if (Volatile.Read(ref _looking) == 0 && Interlocked.Exchange(ref _looking, 1) == 0)
        {
            _look.Change(BetweenLooks, Timeout.InfiniteTimeSpan);
        }
    }

    private void GiveUpOld()
    {
        // Whatever comes from here on asks for the next look.
        Interlocked.Exchange(ref _looking, 0);
        var limit = _options.CurrentValue.PublishTimeout;
        // The next look would be too late.
        var before = _time.GetTimestamp() - (long)((limit - BetweenLooks).TotalSeconds * _time.TimestampFrequency);
        List<PendingPublish> old = [];
        var any = false;
        foreach (var (_, publisher) in _busy)
        {
            any = true;
            publisher.FindOlder(before, old);
        }

        if (any)
        {
            Look();
        }

        foreach (var publish in old)
        {
            ((Pending)publish).GiveUp(limit);
        }
    }

    private sealed class Pending(Publisher publisher, string channel, in Publication publication, IPublishWaiter waiter, long begun)
        : PendingPublish(publication, begun)
    {
        // What was given up has none any more.
        private readonly string? _key = publication.Key;

        public void GiveUp(TimeSpan limit)
        {
            if (TryEnd(out var wasTaken))
            {
                var fate = wasTaken ? "The message may or may not have been published." : "Nothing was published.";
                Answer(default, Problem.Unavailable(
                    $"The channel '{channel}' or the nodes that deliver it did not keep up for {limit.TotalSeconds} s. {fate} Try again later."));
            }
        }

        protected override void OnAnswered(in PublishResult result) => Answer(result, ProblemOf(result.Status, channel, _key));

        protected override void OnFailed(Exception exception)
        {
            publisher.LogFailed(exception, channel);
            Answer(default, Problem.Unavailable(
                $"The node that holds the channel '{channel}' was lost. The message may or may not have been published. Try again; another node takes over."));
        }

        private void Answer(in PublishResult result, Problem? problem)
        {
            if (problem is null)
            {
                GatewayMeter.PublishDuration.Record(publisher._time.GetElapsedTime(Begun).TotalSeconds);
                GatewayMeter.MessagesPublished.Add(Count);
                GatewayMeter.BytesPublished.Add(Bytes);
            }

            GatewayMeter.Publishes.Add(problem?.Type ?? "accepted");
            try
            {
                waiter.Answered(result, problem);
            }
            catch (Exception exception)
            {
                // The others that wait get theirs.
                publisher.LogWaiterFailed(exception, channel);
            }
        }
    }

    private sealed class TaskWaiter() : TaskCompletionSource<(PublishResult, Problem?)>(TaskCreationOptions.RunContinuationsAsynchronously), IPublishWaiter
    {
        public void Answered(in PublishResult result, Problem? problem) => SetResult((result, problem));
    }

    [LoggerMessage(1, LogLevel.Information, "A publish to channel {Channel}, or its deletion, failed")]
    private partial void LogFailed(Exception exception, string channel);

    [LoggerMessage(2, LogLevel.Debug, "A publish to channel {Channel} got no answer; trying again")]
    private partial void LogRetry(Exception exception, string channel);

    [LoggerMessage(3, LogLevel.Error, "The answer to a publish to channel {Channel} was not taken")]
    private partial void LogWaiterFailed(Exception exception, string channel);
}
