using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Http;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary><c>GET /{channel}</c> as a stream over HTTP: raw, JSON, server-sent events, or the tail viewer.</summary>
internal sealed class SubscribeEndpoint(RelayRegistry relays, StartingPoint startingPoint, IHostApplicationLifetime lifetime, TimeProvider time)
{
    // A channel that moves is found again within about a second; headers should not wait longer than a person would notice.
    private static readonly TimeSpan HeadersAtLatest = TimeSpan.FromMilliseconds(500);

    // Long enough for a client that reads, short enough for a node that stops.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    public async Task Handle(HttpContext context, string channel, Transport transport, Since since)
    {
        var (encoder, contentType) = transport switch
        {
            Transport.Json => (MessageEncoder.Json, JsonEncoder.ContentType),
            Transport.Sse => (MessageEncoder.Sse, "text/event-stream"),
            Transport.Tail => (TailEncoder.For(context.Request), TailEncoder.ContentType),
            _ => (MessageEncoder.Raw, MessageText.TextType),
        };
        StreamResponse.SetHeaders(context.Response, contentType);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var relay = relays.Take(channel);
        try
        {
            await Serve(context, relay, encoder, since);
        }
        finally
        {
            relays.Release(relay);
        }
    }

    private async Task Serve(HttpContext context, ChannelRelay relay, MessageEncoder encoder, Since since)
    {
        var (response, gone) = (context.Response, context.RequestAborted);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(gone, lifetime.ApplicationStopping);
        var starting = startingPoint.Find(relay, since, ending.Token);
        await Task.WhenAny(starting, Task.Delay(HeadersAtLatest, time, gone));
        if (starting is { IsCompletedSuccessfully: true, Result.Gap: { } known } && encoder.EncodeGap(known) is null)
        {
            StreamResponse.SayGap(response, known);
        }

        await response.StartAsync(gone);
        if (!starting.IsCompleted)
        {
            await response.BodyWriter.FlushAsync(gone);
            await KeepAliveUntil(starting, relay.Name, response, encoder, gone);
        }

        if (starting.IsCanceled)
        {
            // The node stops before it reached the channel.
            var nowhere = new Standing(relay.Name, null, time.GetUtcNow().ToUnixTimeMilliseconds());
            await response.BodyWriter.WriteAsync(encoder.EncodeEnd(nowhere, EndReason.Shutdown) ?? [], gone);
            return;
        }

        var start = await starting;
        var subscriber = new Subscriber(relay, encoder, response.BodyWriter, time, TcpProgress.Of(context));
        if (start.After is { } after)
        {
            subscriber.JoinAfter(after);
        }
        else
        {
            subscriber.JoinLive();
        }

        try
        {
            // Where there is a gap, the client's own id is the one before it: who is cut off here is told again.
            var standing = subscriber.Standing;
            _ = subscriber.SendControl(encoder.EncodeOpen(start.Gap is { } before ? standing with { Id = before.After } : standing));
            if (start.Gap is { } gap && encoder.EncodeGap(gap) is { } said)
            {
                _ = subscriber.SendControl(said);
            }

            subscriber.Start();
            await using var aborted = gone.Register(() => subscriber.End(EndReason.Gone));
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                subscriber.End(EndReason.Shutdown);
            }

            var reason = await subscriber.Ended;
            var wasSaid = await SayEnd(subscriber, encoder, reason);
            if (!wasSaid || reason is EndReason.Gone or EndReason.Slow)
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

    /// <summary>Says why it ends, where the form can and the client takes it.</summary>
    /// <returns>Whether nothing is left to say.</returns>
    private async Task<bool> SayEnd(Subscriber subscriber, MessageEncoder encoder, EndReason reason)
    {
        if (reason == EndReason.Gone || encoder.EncodeEnd(subscriber.Standing, reason) is not { } end)
        {
            return true;
        }

        var said = subscriber.SendControl(end);
        await Task.WhenAny(said, Task.Delay(EndPatience, time));
        return said.IsCompleted;
    }

    private async Task KeepAliveUntil(Task starting, string channel, HttpResponse response, MessageEncoder encoder, CancellationToken gone)
    {
        while (!starting.IsCompleted)
        {
            await Task.WhenAny(starting, Task.Delay(encoder.KeepAliveEvery ?? Timeout.InfiniteTimeSpan, time, gone));
            if (!starting.IsCompleted)
            {
                var nowhere = new Standing(channel, null, time.GetUtcNow().ToUnixTimeMilliseconds());
                await response.BodyWriter.WriteAsync(encoder.EncodeKeepAlive(nowhere), gone);
            }
        }
    }
}
