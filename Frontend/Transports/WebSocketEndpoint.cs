using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansGateway.Connections;
using OrleansGateway.Http;
using OrleansGateway.Publishing;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>
/// <c>GET /{channel}</c> as a WebSocket (RFC 6455): each message is one of the channel, in both directions, or with the
/// subprotocol <c>gateway.json</c> a JSON object.
/// </summary>
/// <remarks>
/// Messages go out as frames that were encoded once for all clients; pings, pongs, answers and the close frame go out between
/// them, by way of the <see cref="Subscriber"/>.
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

    // An idle connection holds no buffer.
    private static readonly StreamPipeReaderOptions Unbuffered = new(leaveOpen: true, useZeroByteReads: true);

    public async Task Handle(HttpContext context, Subject subject, Since since)
    {
        if (CheckHandshake(context, out var upgrade) is { } problem)
        {
            // HTTP/2 has no headers of a connection (RFC 9113, section 8.2.2).
            if (problem.Status == StatusCodes.Status426UpgradeRequired && !HttpProtocol.IsHttp2(context.Request.Protocol))
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
            // Its place is fixed before the 101: who has seen that misses nothing that is published then.
            return await relay.Find(since, ending.Token, isFixed: true);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Serve(HttpContext context, Stream stream, Subject subject, Relay relay, MessageEncoder encoder, Beginning start)
    {
        var output = stream is SocketStream direct ? direct.CreateOutput() : PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        var subscriber = start.Join(encoder, output, time, TcpProgress.Of(context));
        var reader = new WebSocketReader(PipeReader.Create(stream, Unbuffered), subscriber.SendControl);
        SubscribeEndpoint.SayStart(subscriber, encoder, start.Gaps);
        subscriber.Start();
        var publishing = new WebSocketPublishing(
            publisher, subscriber, subject, encoder == MessageEncoder.JsonWebSocket, context.Request.Query["publish"] == "0");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var receiving = Receive(reader, publishing, over.Token);
        var vanishing = PingUntilItVanishes(subscriber, reader, over.Token);
        try
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                subscriber.End(EndReason.Shutdown);
            }

            await Task.WhenAny(receiving, publishing.Failed, subscriber.Ended, vanishing);
            if (vanishing.IsCompletedSuccessfully)
            {
                context.Abort();
                return;
            }

            var close = subscriber.Ended.IsCompletedSuccessfully ? CloseFor(subscriber.Ended.Result)
                : publishing.Failed.IsCompletedSuccessfully ? publishing.Failed.Result
                : await receiving;
            var end = subscriber.Ended is { IsCompletedSuccessfully: true, Result: not EndReason.Gone and var reason }
                ? encoder.EncodeEnd(subscriber.Standing, reason)
                : null;

            // Nothing comes after a close frame (RFC 6455, section 5.5.1), and it comes after the frame that was begun.
            subscriber.End(EndReason.Closed);
            await publishing.Stop(CloseTimeout, time);
            if (end is not null)
            {
                _ = subscriber.SendControl(end);
            }

            await Close(subscriber, reader, receiving, close);
        }
        catch (OperationCanceledException)
        {
            // It takes nothing, not even the close frame: what is left would wait for it for ever.
            context.Abort();
        }
        catch (IOException)
        {
            // The client is gone; there is nobody to tell.
        }
        finally
        {
            await over.CancelAsync();
            subscriber.End(EndReason.Gone);
            relay.Remove(subscriber);
            await Task.WhenAll(receiving, vanishing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Pings the client. Ends when it has sent no frame for a while after a ping was written to it.</summary>
    private async Task PingUntilItVanishes(Subscriber subscriber, WebSocketReader reader, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(PingEvery, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            // Where the ping waits behind messages, the client is slow and not gone: that has a rule of its own.
            var frames = reader.Frames;
            await subscriber.SendControl(WebSocketFrame.Ping()).WaitAsync(cancellationToken);
            await Task.Delay(options.CurrentValue.PongTimeout, time, cancellationToken);
            if (reader.Frames == frames)
            {
                return;
            }
        }
    }

    private static WebSocketClose CloseFor(EndReason reason) => reason switch
    {
        EndReason.Shutdown => new(WebSocketCloseStatus.EndpointUnavailable, "shutdown"),
        EndReason.Slow => new((WebSocketCloseStatus)1013, "slow"),
        EndReason.Deleted => new(WebSocketCloseStatus.NormalClosure, "deleted"),
        _ => new(WebSocketCloseStatus.NormalClosure, string.Empty),
    };

    private async Task Close(Subscriber subscriber, WebSocketReader reader, Task receiving, WebSocketClose close)
    {
        using var patience = new CancellationTokenSource(CloseTimeout, time);
        await subscriber.SendControl(WebSocketFrame.Close(close)).WaitAsync(patience.Token);

        // The client's own close frame ends it in good order (RFC 6455, section 7.1.1), and after a broken frame its end of the connection.
        var ending = !receiving.IsCompleted ? receiving : reader.IsClosed ? Task.CompletedTask : reader.Drain(patience.Token);
        await ending.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Publishes what the client sends, until it closes or may not go on.</summary>
    /// <returns>How to close.</returns>
    private async Task<WebSocketClose> Receive(WebSocketReader reader, WebSocketPublishing publishing, CancellationToken cancellationToken)
    {
        // As it is when a frame comes, not when the wait for it began.
        var limit = () => publishing.MaxFrameBytes(options.CurrentValue.MaxMessageBytes);
        while (true)
        {
            if (await reader.Read(limit, cancellationToken) is { } closed)
            {
                return closed;
            }

            if (await publishing.Take(reader.Message, reader.IsText, options.CurrentValue.MaxMessageBytes, cancellationToken) is { } close)
            {
                return close;
            }
        }
    }

    private static Problem? CheckHandshake(HttpContext context, out IHttpUpgradeFeature? upgrade)
    {
        var headers = context.Request.Headers;
        upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (!Negotiation.IsWebSocketUpgrade(context.Request) || upgrade is not { IsUpgradableRequest: true }
            || context.Request is not { Method: "GET", Protocol: "HTTP/1.1" })
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
