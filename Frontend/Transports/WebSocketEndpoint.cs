using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansGateway.Http;
using OrleansGateway.Publishing;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>
/// <c>GET /{channel}</c> as a WebSocket (RFC 6455): each message is one of the channel, in both directions, or with the
/// subprotocol <c>gateway.json</c> a JSON object.
/// </summary>
/// <remarks>
/// .NET's <see cref="WebSocket"/> reads, checks and answers the client's frames; messages go out as frames that were
/// encoded once for all clients. Both write by way of the <see cref="Subscriber"/>, so their frames never mix.
/// </remarks>
internal sealed class WebSocketEndpoint(
    RelayRegistry relays,
    Publisher publisher,
    IOptionsMonitor<FrontendOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    public async Task Handle(HttpContext context, Subject subject, Since since)
    {
        if (CheckHandshake(context, out var upgrade) is { } problem)
        {
            if (problem.Status == StatusCodes.Status426UpgradeRequired)
            {
                context.Response.Headers.Upgrade = "websocket";
                context.Response.Headers.Connection = "Upgrade";
            }

            await problem.Write(context);
            return;
        }

        // Names of subprotocols are compared with their case (RFC 6455, section 4.2.2).
        var isJson = Negotiation.HasToken(context.Request.Headers.SecWebSocketProtocol, JsonWebSocketEncoder.Subprotocol, StringComparison.Ordinal);
        if (!isJson && !subject.IsOne)
        {
            await Problem.NotAcceptableForSeveral.Write(context);
            return;
        }

        var encoder = isJson ? MessageEncoder.JsonWebSocket : MessageEncoder.WebSocket;
        var relay = relays.Take(subject);
        try
        {
            if (await Find(context, relay, since) is not { } start)
            {
                await Problem.ChannelUnreachable(subject.Name).Write(context);
                return;
            }

            var response = context.Response;
            if (start.Gaps is [var gap, ..] && encoder.EncodeGap(gap) is null)
            {
                StreamResponse.SayGap(response, gap);
            }

            if (isJson)
            {
                response.Headers.SecWebSocketProtocol = JsonWebSocketEncoder.Subprotocol;
            }

            response.Headers.Upgrade = "websocket";
            response.Headers.Connection = "Upgrade";
            response.Headers.SecWebSocketAccept = AcceptOf(context.Request.Headers.SecWebSocketKey.ToString().Trim());
            await using var stream = await upgrade!.UpgradeAsync();
            await Serve(context, stream, subject, relay, encoder, start);
        }
        finally
        {
            relays.Release(relay);
        }
    }

    /// <summary>Waits until the channel is reached.</summary>
    /// <returns>Null where the node stops before.</returns>
    private async Task<Beginning?> Find(HttpContext context, Relay relay, Since since)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            return await relay.Find(since, ending.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Serve(HttpContext context, Stream stream, Subject subject, Relay relay, MessageEncoder encoder, Beginning start)
    {
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        var subscriber = start.Join(encoder, output, time, TcpProgress.Of(context));
        using var socket = WebSocket.CreateFromStream(
            new SubscriberStream(stream, subscriber),
            new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = PingEvery, KeepAliveTimeout = options.CurrentValue.PongTimeout });
        SubscribeEndpoint.SayStart(subscriber, encoder, start.Gaps);
        subscriber.Start();
        var publishing = new WebSocketPublishing(
            publisher, subscriber, subject, encoder == MessageEncoder.JsonWebSocket, context.Request.Query["publish"] == "0");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            var receiving = Receive(socket, publishing, over.Token);
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                subscriber.End(EndReason.Shutdown);
            }

            await Task.WhenAny(receiving, publishing.Failed, subscriber.Ended);
            var close = subscriber.Ended.IsCompletedSuccessfully ? CloseFor(subscriber.Ended.Result)
                : publishing.Failed.IsCompletedSuccessfully ? publishing.Failed.Result
                : await receiving;
            var end = subscriber.Ended is { IsCompletedSuccessfully: true, Result: not EndReason.Gone and var reason }
                ? encoder.EncodeEnd(subscriber.Standing, reason)
                : null;

            // Nothing comes after a close frame (RFC 6455, section 5.5.1).
            subscriber.End(EndReason.Gone);
            await publishing.Stop(CloseTimeout, time);
            if (end is not null)
            {
                _ = subscriber.SendControl(end);
            }

            await Close(socket, receiving, close);
        }
        catch (OperationCanceledException)
        {
            // It takes nothing, not even the close frame: what is left would wait for it for ever.
            context.Abort();
        }
        catch (Exception exception) when (exception is WebSocketException or IOException)
        {
            // The client is gone or broke the protocol; there is nobody to tell.
        }
        finally
        {
            await over.CancelAsync();
            subscriber.End(EndReason.Gone);
            relay.Remove(subscriber);
        }
    }

    private static WebSocketClose CloseFor(EndReason reason) => reason switch
    {
        EndReason.Shutdown => new(WebSocketCloseStatus.EndpointUnavailable, "shutdown"),
        EndReason.Slow => new((WebSocketCloseStatus)1013, "slow"),
        EndReason.Deleted => new(WebSocketCloseStatus.NormalClosure, "deleted"),
        _ => new(WebSocketCloseStatus.NormalClosure, string.Empty),
    };

    private static async Task Close(WebSocket socket, Task receiving, WebSocketClose close)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return;
        }

        using var patience = new CancellationTokenSource(CloseTimeout);
        await socket.CloseOutputAsync(close.Status, close.Description, patience.Token);

        // The client's own close frame ends it in good order (RFC 6455, section 7.1.1).
        await receiving.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Publishes what the client sends, until it closes or may not go on.</summary>
    /// <returns>How to close.</returns>
    private async Task<WebSocketClose> Receive(WebSocket socket, WebSocketPublishing publishing, CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(256);
        while (true)
        {
            // A zero-byte read first: an idle connection holds no buffer.
            message.ResetWrittenCount();
            var limit = options.CurrentValue.MaxMessageBytes;
            var received = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
            while (received.MessageType != WebSocketMessageType.Close && !received.EndOfMessage)
            {
                received = await socket.ReceiveAsync(message.GetMemory(1024), cancellationToken);
                message.Advance(received.Count);
                if (message.WrittenCount > publishing.MaxFrameBytes(limit))
                {
                    return new(WebSocketCloseStatus.MessageTooBig, $"A message has at most {limit} bytes.");
                }
            }

            if (received.MessageType == WebSocketMessageType.Close)
            {
                return new(socket.CloseStatus is { } theirs and not WebSocketCloseStatus.Empty ? theirs : WebSocketCloseStatus.NormalClosure, string.Empty);
            }

            var isText = received.MessageType == WebSocketMessageType.Text;
            if (await publishing.Take(message.WrittenMemory, isText, limit, cancellationToken) is { } close)
            {
                return close;
            }

            if (message.Capacity > 64 * 1024)
            {
                message = new ArrayBufferWriter<byte>(256);
            }
        }
    }

    private static Problem? CheckHandshake(HttpContext context, out IHttpUpgradeFeature? upgrade)
    {
        var headers = context.Request.Headers;
        upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (!Negotiation.IsWebSocketUpgrade(context.Request) || upgrade is not { IsUpgradableRequest: true })
        {
            return new Problem(426, "upgrade", "A WebSocket handshake is needed", "Send Upgrade: websocket over HTTP/1.1, or choose another form by ?as=.");
        }

        if (headers.SecWebSocketVersion != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            return new Problem(426, "websocket-version", "This version of WebSocket is not spoken here", "Send Sec-WebSocket-Version: 13.");
        }

        Span<byte> key = stackalloc byte[24];
        var text = headers.SecWebSocketKey.ToString().Trim();
        return text.Length == 24 && Convert.TryFromBase64String(text, key, out var bytes) && bytes == 16
            ? null
            : Problem.BadRequest("websocket-key", "Sec-WebSocket-Key is 16 bytes in base64.");
    }

    // RFC 6455, section 4.2.2.
#pragma warning disable CA5350 // SHA-1 is what the protocol says; it protects nothing.
    private static string AcceptOf(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
