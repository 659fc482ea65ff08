using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary><c>GET /{channel}</c> as a stream over HTTP: raw, server-sent events, or the tail viewer.</summary>
internal sealed class SubscribeEndpoint(RelayRegistry relays, StartingPoint startingPoint, IHostApplicationLifetime lifetime, TimeProvider time)
{
    // A channel that moves is found again within about a second; headers should not wait longer than a person would notice.
    private static readonly TimeSpan HeadersAtLatest = TimeSpan.FromMilliseconds(500);

    public async Task Handle(HttpContext context, string channel, Transport transport, Since since)
    {
        var response = context.Response;
        response.ContentType = transport switch
        {
            Transport.Sse => "text/event-stream",
            Transport.Tail => TailEncoder.ContentType,
            _ => MessageText.TextType,
        };
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.Append("Vary", "Accept, Last-Event-ID");
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var relay = relays.Take(channel);
        try
        {
            await Serve(context, relay, transport, since);
        }
        finally
        {
            relays.Release(relay);
        }
    }

    private async Task Serve(HttpContext context, ChannelRelay relay, Transport transport, Since since)
    {
        var (response, gone) = (context.Response, context.RequestAborted);
        var encoder = transport switch
        {
            Transport.Sse => MessageEncoder.Sse,
            Transport.Tail => MessageEncoder.Tail,
            _ => MessageEncoder.Raw,
        };
        var starting = startingPoint.Find(relay, since, gone);
        await Task.WhenAny(starting, Task.Delay(HeadersAtLatest, time, gone));
        if (starting is { IsCompletedSuccessfully: true, Result.Gap: { } known } && transport != Transport.Sse)
        {
            response.Headers["Gateway-Gap"] = $"after={known.After}";
        }

        await response.StartAsync(gone);
        if (!starting.IsCompleted)
        {
            await response.BodyWriter.FlushAsync(gone);
            await KeepAliveUntil(starting, response, encoder, gone);
        }

        var start = await starting;
        var subscriber = new Subscriber(relay, encoder, response.BodyWriter, time);
        var after = start.After is { } id ? id : subscriber.JoinLive();
        if (start.After is not null)
        {
            subscriber.JoinAfter(after, start.FromTimeMs);
        }

        try
        {
            await response.BodyWriter.WriteAsync(Preamble(transport, start.Gap?.After ?? after), gone);
            if (start.Gap is { } gap && encoder.EncodeGap(gap) is { } said)
            {
                await response.BodyWriter.WriteAsync(said, gone);
            }

            subscriber.Start();
            await using var aborted = gone.Register(() => subscriber.End(EndReason.Gone));
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                subscriber.End(EndReason.Shutdown);
            }

            var reason = await subscriber.Ended;
            if (reason != EndReason.Shutdown)
            {
                // Without a last chunk: the client sees that the stream was cut, not finished.
                context.Abort();
            }
        }
        finally
        {
            relay.Remove(subscriber);
        }
    }

    private static ReadOnlyMemory<byte> Preamble(Transport transport, MessageId after) => transport switch
    {
        // Spread, so that the clients of a node that died do not come to the next one all at once.
        Transport.Sse => SseEncoder.Preamble(after, RandomNumberGenerator.GetInt32(1000, 2001)),
        Transport.Tail => TailEncoder.Preamble.ToArray(),
        _ => "\n"u8.ToArray(),
    };

    private async Task KeepAliveUntil(Task starting, HttpResponse response, MessageEncoder encoder, CancellationToken gone)
    {
        while (!starting.IsCompleted)
        {
            await Task.WhenAny(starting, Task.Delay(encoder.KeepAliveEvery ?? Timeout.InfiniteTimeSpan, time, gone));
            if (!starting.IsCompleted)
            {
                await response.BodyWriter.WriteAsync(encoder.KeepAlive.ToArray(), gone);
            }
        }
    }
}
