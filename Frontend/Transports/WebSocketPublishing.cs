using System.Net.WebSockets;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;
using OrleansGateway.Publishing;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>What a WebSocket's client sends is published: each message as it is, or with <c>gateway.json</c> as a <see cref="JsonCommand"/> that is answered.</summary>
/// <param name="publisher">Publishes.</param>
/// <param name="subscriber">Sends the answers.</param>
/// <param name="subject">The channel, or several: then each message says which.</param>
/// <param name="isJson">Whether it speaks <c>gateway.json</c>.</param>
/// <param name="isSilent">Whether the client said that it would not publish.</param>
internal sealed class WebSocketPublishing(Publisher publisher, Subscriber subscriber, Subject subject, bool isJson, bool isSilent)
{
    private readonly PublishPipeline _pipeline = new();
    private readonly TaskCompletionSource<WebSocketClose> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _answering = new();
    private volatile bool _stopped;
    private bool _abandoned;

    /// <summary>Ends when a message could not be published and the form has no other way to say it than to close.</summary>
    public Task<WebSocketClose> Failed => _failed.Task;

    private Task Drained => _pipeline.Drained;

    /// <summary>The longest WebSocket message: one of JSON may be larger than what it publishes, by its base64 and its escapes.</summary>
    public long MaxFrameBytes(int maxMessageBytes) => isJson ? (2L * maxMessageBytes) + (8 * 1024) : maxMessageBytes;

    /// <summary>Takes a message.</summary>
    /// <returns>How to close, where it may not go on.</returns>
    public async ValueTask<WebSocketClose?> Take(ReadOnlyMemory<byte> message, bool isText, int maxMessageBytes, CancellationToken cancellationToken)
    {
        if (_stopped)
        {
            // Nobody will answer it any more.
            return null;
        }

        var (channel, publication) = (subject.Name, default(Publication));
        var command = default(JsonCommand);
        Problem? problem = null;
        if (isJson)
        {
            problem = isText ? JsonCommand.Read(message, subject, maxMessageBytes, out command) : Problem.BadRequest("message", "A message of gateway.json is text.");
            (channel, publication) = (command.Channel ?? channel, command.Publication);
        }
        else
        {
            publication = new Publication(new MessageDraft(isText ? MessageText.TextType : MessageText.BinaryType, message.ToArray()));
        }

        var forbidden = isSilent ? "It said publish=0." : subject.IsOne && ChannelName.IsReadOnly(channel) ? "Only the gateway publishes to this channel." : null;
        if (forbidden is not null)
        {
            GatewayMeter.Publishes.Add(Problem.MayNotPublish(forbidden).Type);
            if (isJson)
            {
                // The answer goes out before the close.
                Answer(command, Task.FromResult((default(PublishResult), (Problem?)Problem.MayNotPublish(forbidden))));
            }

            return new WebSocketClose(WebSocketCloseStatus.PolicyViolation, forbidden);
        }

        if (problem is not null)
        {
            GatewayMeter.Publishes.Add(problem.Type);
        }

        var bytes = publication.Message.Body?.Length ?? 0;
        await _pipeline.WaitForRoom(bytes, cancellationToken);
        Answer(command, problem is null ? publisher.Publish(channel, publication) : Task.FromResult((default(PublishResult), (Problem?)problem)), bytes);
        return null;
    }

    /// <summary>Takes nothing more, and waits until what is under way is answered, but not for ever: after it ended nothing is said any more.</summary>
    public async Task Stop(TimeSpan atMost, TimeProvider time)
    {
        _stopped = true;
        await Task.WhenAny(Drained, Task.Delay(atMost, time));
        lock (_answering)
        {
            _abandoned = true;
        }
    }

    private void Answer(JsonCommand command, Task<(PublishResult Result, Problem? Problem)> publish, int bytes = 0)
    {
        var reference = command.Reference;
        _pipeline.Add(bytes, publish, (result, problem) =>
        {
            if (isJson)
            {
                var answer = WebSocketFrame.Text(
                    problem is null ? JsonEvent.Ack(reference, new MessageId(result.Epoch, result.FirstOffset).ToString()) : JsonEvent.Error(reference, problem));
                lock (_answering)
                {
                    // Waits until it is written: who takes no answers is held up too.
                    return _abandoned ? Task.CompletedTask : subscriber.SendControl(answer);
                }
            }

            if (problem is not null)
            {
                _failed.TrySetResult(new WebSocketClose((WebSocketCloseStatus)1013, problem.Title));
            }

            return Task.CompletedTask;
        });
    }
}

/// <summary>How a WebSocket is closed (RFC 6455, section 7.4).</summary>
/// <param name="Status">The code.</param>
/// <param name="Description">At most 123 bytes of UTF-8.</param>
internal readonly record struct WebSocketClose(WebSocketCloseStatus Status, string Description);
