using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;

namespace OrleansGateway.Publishing;

/// <summary>Publishes for this node's clients, over whatever transport they came.</summary>
internal sealed partial class Publisher(IClusterClient client, IOptionsMonitor<FrontendOptions> options, TimeProvider time, ILogger<Publisher> logger)
{
    private readonly ConcurrentDictionary<string, ChannelPublisher> _busy = new(StringComparer.Ordinal);

    /// <summary>Publishes one message.</summary>
    /// <returns>The channel's answer, or the problem that the client is told.</returns>
    public async Task<(PublishResult Result, Problem? Problem)> Publish(string channel, MessageDraft draft)
    {
        var limit = options.CurrentValue.PublishTimeout;
        try
        {
            var result = await Enqueue(channel, draft).WaitAsync(limit, time);
            return (result, result.Status == PublishStatus.Accepted ? null : Problem.ReadOnly(channel));
        }
        catch (TimeoutException)
        {
            return (default, Problem.Unavailable(
                $"The channel '{channel}' or the nodes that deliver it did not keep up for {limit.TotalSeconds} s. The message may or may not have been published. Try again later."));
        }
        catch (Exception exception)
        {
            LogFailed(exception, channel);
            return (default, Problem.Unavailable(
                $"The node that holds the channel '{channel}' was lost. The message may or may not have been published. Try again; another node takes over."));
        }
    }

    private Task<PublishResult> Enqueue(string channel, MessageDraft draft)
    {
        // A publisher object lives only while there is something under way: a million quiet channels hold nothing.
        var publisher = _busy.GetOrAdd(channel, static (name, client) => new ChannelPublisher(client.GetGrain<IChannelGrain>(name)), client);
        if (publisher.Add(draft, out var answer))
        {
            _ = Run(channel, publisher);
        }

        return answer;
    }

    private async Task Run(string channel, ChannelPublisher publisher)
    {
        await publisher.Send();

        // Whoever found it just before runs it again.
        _busy.TryRemove(new KeyValuePair<string, ChannelPublisher>(channel, publisher));
    }

    [LoggerMessage(1, LogLevel.Information, "A publish to channel {Channel} failed")]
    private partial void LogFailed(Exception exception, string channel);
}
