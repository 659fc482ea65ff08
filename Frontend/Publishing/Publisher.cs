using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;

namespace OrleansGateway.Publishing;

/// <summary>Publishes for this node's clients, over whatever transport they came.</summary>
internal sealed partial class Publisher(IClusterClient client, IOptionsMonitor<FrontendOptions> options, TimeProvider time, ILogger<Publisher> logger)
{
    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ChannelPublisher> _busy = new(StringComparer.Ordinal);
    private readonly Guid _sender = Guid.NewGuid();
    private long _sequence;

    /// <summary>Publishes a message or a batch. Calls that are made one after the other are published in this order, also when none waits for the one before.</summary>
    /// <returns>The channel's answer, or the problem that the client is told.</returns>
    public async Task<(PublishResult Result, Problem? Problem)> Publish(string channel, Publication publication)
    {
        var begun = time.GetTimestamp();
        var answer = await Send(channel, publication);
        if (answer.Problem is null)
        {
            GatewayMeter.PublishDuration.Record(time.GetElapsedTime(begun).TotalSeconds);
            GatewayMeter.MessagesPublished.Add(publication.Count);
            GatewayMeter.BytesPublished.Add(publication.Bytes);
        }

        GatewayMeter.Publishes.Add(answer.Problem?.Type ?? "accepted");
        return answer;
    }

    private async Task<(PublishResult Result, Problem? Problem)> Send(string channel, Publication publication)
    {
        var limit = options.CurrentValue.PublishTimeout;
        var pending = Enqueue(channel, publication);
        try
        {
            var result = await pending.Answer.WaitAsync(limit, time);
            return (result, ProblemOf(result.Status, channel, publication.Key));
        }
        catch (TimeoutException)
        {
            var fate = pending.TryWithdraw() ? "Nothing was published." : "The message may or may not have been published.";
            return (default, Problem.Unavailable(
                $"The channel '{channel}' or the nodes that deliver it did not keep up for {limit.TotalSeconds} s. {fate} Try again later."));
        }
        catch (Exception exception)
        {
            LogFailed(exception, channel);
            return (default, Problem.Unavailable(
                $"The node that holds the channel '{channel}' was lost. The message may or may not have been published. Try again; another node takes over."));
        }
    }

    /// <summary>Deletes a channel's log.</summary>
    /// <returns>The problem that the client is told, or null where it is done.</returns>
    public async Task<Problem?> Delete(string channel)
    {
        try
        {
            var grain = client.GetGrain<IChannelGrain>(channel);
            return ProblemOf(await Persist(channel, _ => grain.Delete()).WaitAsync(options.CurrentValue.PublishTimeout, time), channel, null);
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

    private PendingPublish Enqueue(string channel, in Publication publication)
    {
        // A publisher object lives only while there is something under way: a million quiet channels hold nothing.
        while (true)
        {
            var publisher = _busy.GetOrAdd(channel, static (name, self) => self.PublisherOf(name), this);
            if (publisher.TryAdd(publication, out var run) is { } pending)
            {
                if (run)
                {
                    _ = Run(channel, publisher);
                }

                return pending;
            }

            Forget(channel, publisher);
        }
    }

    private ChannelPublisher PublisherOf(string channel)
    {
        var grain = client.GetGrain<IChannelGrain>(channel);
        return new ChannelPublisher(request => Call(channel, grain, request));
    }

    /// <summary>Calls the channel's grain until it answers: the request's origin tells it what it has already taken.</summary>
    private Task<PublishResult> Call(string channel, IChannelGrain grain, PublishRequest request)
    {
        var origin = new PublishOrigin(_sender, Interlocked.Increment(ref _sequence));
        return Persist(channel, again => grain.Publish(request with { Origin = origin with { Again = again } }));
    }

    /// <summary>Calls a channel until it answers, for as long as a publisher waits.</summary>
    private async Task<T> Persist<T>(string channel, Func<bool, Task<T>> call)
    {
        var (start, again) = (time.GetTimestamp(), false);
        for (var backoff = MinBackoff; ; backoff = backoff * 2 < MaxBackoff ? backoff * 2 : MaxBackoff)
        {
            try
            {
                return await call(again);
            }
            catch (Exception exception) when (exception is not ChannelLostException && time.GetElapsedTime(start) + backoff < options.CurrentValue.PublishTimeout)
            {
                LogRetry(exception, channel);
                again = true;
            }

            await Task.Delay(backoff, time);
        }
    }

    private async Task Run(string channel, ChannelPublisher publisher)
    {
        await publisher.Send();
        Forget(channel, publisher);
    }

    private void Forget(string channel, ChannelPublisher publisher) => _busy.TryRemove(new KeyValuePair<string, ChannelPublisher>(channel, publisher));

    [LoggerMessage(1, LogLevel.Information, "A publish to channel {Channel}, or its deletion, failed")]
    private partial void LogFailed(Exception exception, string channel);

    [LoggerMessage(2, LogLevel.Debug, "A publish to channel {Channel} got no answer; trying again")]
    private partial void LogRetry(Exception exception, string channel);
}
