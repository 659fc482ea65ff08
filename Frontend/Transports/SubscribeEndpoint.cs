using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Http;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary><c>GET /{channel}</c>, or several, as a stream over HTTP: raw, JSON, server-sent events, or the tail viewer.</summary>
internal sealed class SubscribeEndpoint(RelayRegistry relays, IHostApplicationLifetime lifetime, TimeProvider time)
{
    // A channel that moves is found again within about a second; headers should not wait longer than a person would notice.
    private static readonly TimeSpan HeadersAtLatest = TimeSpan.FromMilliseconds(500);

    // Long enough for a client that reads, short enough for a node that stops.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    public async Task Handle(HttpContext context, Subject subject, Transport transport, Since since)
    {
        var (encoder, contentType) = transport switch
        {
            Transport.Json => (MessageEncoder.Json, JsonEncoder.ContentType),
            Transport.Sse => (subject.IsOne ? MessageEncoder.Sse : MessageEncoder.SseJson, SseEncoder.ContentType),
            Transport.Tail => (TailEncoder.For(context.Request), TailEncoder.ContentTypeFor(context.Request)),
            Transport.SvgTail => (MessageEncoder.SvgTail, TailEncoder.ContentType),
            _ => (MessageEncoder.Raw, MessageText.TextType),
        };
        StreamResponse.SetHeaders(context.Response, contentType);

        // Only the header that says a gap needs the channel.
        var isHead = HttpMethods.IsHead(context.Request.Method);
        if (isHead && since.Kind != SinceKind.Id)
        {
            return;
        }

        var relay = relays.Take(subject);
        try
        {
            await Serve(context, relay, encoder, since, isHead);
        }
        finally
        {
            relays.Release(relay);
        }
    }

    private async Task Serve(HttpContext context, Relay relay, MessageEncoder encoder, Since since, bool isHead)
    {
        var (response, gone) = (context.Response, context.RequestAborted);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(gone, lifetime.ApplicationStopping);
        var starting = relay.Find(since, ending.Token);
        await Task.WhenAny(starting, Task.Delay(HeadersAtLatest, time, gone));
        if (starting is { IsCompletedSuccessfully: true, Result.Gaps: [var known, ..] } && encoder.EncodeGap(known) is null)
        {
            StreamResponse.SayGap(response, known);
        }

        if (isHead)
        {
            await ending.CancelAsync();
            return;
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
            var nowhere = new Standing(relay.Name, null as string, time.GetUtcNow().ToUnixTimeMilliseconds());
            await response.BodyWriter.WriteAsync(encoder.EncodeEnd(nowhere, EndReason.Shutdown) ?? [], gone);
            return;
        }

        var start = await starting;
        var subscriber = start.Join(encoder, response.BodyWriter, time, TcpProgress.Of(context));
        try
        {
            SayStart(subscriber, encoder, start.Gaps);
            subscriber.Start();
            await using var aborted = gone.Register(() => subscriber.End(EndReason.Gone));
            await using var halfClosed = IInputEndedFeature.Of(context).Register(() => Probe(subscriber, encoder));
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                subscriber.End(EndReason.Shutdown);
            }

            var reason = await subscriber.Ended;
            var wasSaid = await SayEnd(subscriber, encoder, reason);
            if (!wasSaid || reason is EndReason.Gone or EndReason.Slow || subscriber.IsWriting)
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

    /// <summary>Says where it begins, and what is missing.</summary>
    internal static void SayStart(Subscriber subscriber, MessageEncoder encoder, IReadOnlyList<Gap> gaps)
    {
        // Where there is a gap, the client's own id is the one before it: who is cut off here is told again.
        var standing = subscriber.Standing;
        foreach (var said in gaps.Select(encoder.EncodeGap).Prepend(encoder.EncodeOpen(gaps is [var before, ..] ? standing with { Id = before.After } : standing)))
        {
            if (said is { Length: > 0 })
            {
                _ = subscriber.SendControl(said);
            }
        }
    }

    // Perhaps nobody is there any more: what is sent will show it. A form without a keep-alive is not used by those who close one half.
    private static void Probe(Subscriber subscriber, MessageEncoder encoder)
    {
        if (encoder.EncodeKeepAlive(subscriber.Standing) is { Length: > 0 } keepAlive)
        {
            _ = subscriber.SendControl(keepAlive);
        }
        else
        {
            subscriber.End(EndReason.Gone);
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
                var nowhere = new Standing(channel, null as string, time.GetUtcNow().ToUnixTimeMilliseconds());
                await response.BodyWriter.WriteAsync(encoder.EncodeKeepAlive(nowhere), gone);
            }
        }
    }
}
