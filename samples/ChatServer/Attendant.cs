using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Channels;

namespace OrleansGateway.Samples.ChatServer;

/// <summary>Somebody who reads along in the room, where each message is <c>NAME: TEXT</c>, and at times has something to say.</summary>
internal abstract class Attendant(IClusterClient cluster, string name) : BackgroundService, IChannelSink
{
    private const string Room = "chat";
    private const int MaxWaiting = 1000;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(200);

    // A sink must not wait for a publish to the channel that it reads: the channel waits for its readers.
    private readonly Channel<Remark> _remarks = Channel.CreateBounded<Remark>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>What there is to say to a message; null for nothing.</summary>
    protected abstract Remark? Answer(string speaker, string text, string id);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var follower = new ChannelFollower(cluster, Room, this);
        await follower.StartAsync(stoppingToken);
        await foreach (var remark in _remarks.Reader.ReadAllAsync(stoppingToken))
        {
            while (!await TrySay(remark))
            {
                await Task.Delay(BetweenAttempts, stoppingToken);
            }
        }
    }

    /// <summary>Publishes a remark, under a key: each node has an attendant and all of them say it, but the channel takes it once. So it may also be tried again.</summary>
    private async Task<bool> TrySay(Remark remark)
    {
        var draft = new MessageDraft("text/plain; charset=utf-8", Encoding.UTF8.GetBytes($"{name}: {remark.Text}"));
        try
        {
            var result = await cluster.GetGrain<IChannelGrain>(Room).Publish(new PublishRequest([draft], Groups: [new PublishGroup(1, remark.Key)]));
            return result.Status is not (PublishStatus.LogFull or PublishStatus.LogUnavailable);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or ChannelMovedException or ChannelLostException)
        {
            // The channel is on its way to another node.
            return false;
        }
    }

    ValueTask IChannelSink.OnMessages(MessageBatch batch, long after)
    {
        foreach (var message in batch)
        {
            var words = Encoding.UTF8.GetString(message.Body.Span).Split(": ", 2);
            if (message.Offset > after && words is [var speaker, var text] && Answer(speaker, text, $"{batch.Epoch}-{message.Offset}") is { } remark)
            {
                _remarks.Writer.TryWrite(remark);
            }
        }

        return ValueTask.CompletedTask;
    }

    ValueTask IChannelSink.OnEpoch(MessageId before, bool deleted) => ValueTask.CompletedTask;

    ValueTask IChannelSink.OnGap(MessageId after, MessageId resumed) => ValueTask.CompletedTask;
}

/// <summary>Something to say.</summary>
/// <param name="Text">What.</param>
/// <param name="Key">The same for the same remark, whoever makes it.</param>
internal sealed record Remark(string Text, string Key);
