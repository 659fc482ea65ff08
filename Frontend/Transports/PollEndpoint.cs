using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansGateway.Http;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>
/// <c>GET /{channel}?poll=1</c>: what there is, and an end. The header <c>Last-Event-ID</c> says what to ask with next; so it says
/// before the first byte where the answer will end.
/// </summary>
internal sealed class PollEndpoint(
    RelayRegistry relays, StartingPoint startingPoint, IOptionsMonitor<FrontendOptions> options, IHostApplicationLifetime lifetime, TimeProvider time)
{
    public async Task Handle(HttpContext context, string channel, PollRequest poll, Since since)
    {
        StreamResponse.SetHeaders(context.Response, poll.Encoder == MessageEncoder.Raw ? MessageText.TextType : JsonEncoder.ContentType);
        var relay = relays.Take(channel);
        try
        {
            if (await Find(context, relay, poll.Wait, since) is { } start)
            {
                await Answer(context, relay, poll.Encoder, start, waited: poll.Wait > TimeSpan.Zero);
            }
            else
            {
                await Problem.ChannelUnreachable(channel).Write(context);
            }
        }
        finally
        {
            relays.Release(relay);
        }
    }

    /// <summary>Finds where the answer begins and ends; waits for a first message where that was asked for.</summary>
    /// <returns>Null where the channel cannot be reached.</returns>
    private async Task<Start?> Find(HttpContext context, ChannelRelay relay, TimeSpan wait, Since since)
    {
        var gone = context.RequestAborted;

        // Who waits for a message can wait as long for the channel.
        using var tooLong = new CancellationTokenSource(wait > options.CurrentValue.PublishTimeout ? wait : options.CurrentValue.PublishTimeout, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(tooLong.Token, gone, lifetime.ApplicationStopping);
        using var waiting = new CancellationTokenSource(wait, time);

        // Who can say no more may be gone: it gets its answer now.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(waiting.Token, gone, lifetime.ApplicationStopping, HalfClose.InputEnded(context));
        try
        {
            await relay.Started.WaitAsync(patience.Token);
            while (true)
            {
                // What the channel does not have yet when it is asked comes to this node later than now.
                var news = relay.News();
                var start = await startingPoint.FindId(relay, since, patience.Token);
                if (!IsEmpty(start) || wait == TimeSpan.Zero)
                {
                    return start;
                }

                await news.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (over.IsCancellationRequested)
                {
                    return start;
                }

                since = new Since(SinceKind.Id, start.After!.Value);
            }
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Answer(HttpContext context, ChannelRelay relay, MessageEncoder encoder, Start start, bool waited)
    {
        var (response, gone) = (context.Response, context.RequestAborted);
        response.Headers["Last-Event-ID"] = start.Newest.ToString();
        if (IsEmpty(start))
        {
            response.StatusCode = waited ? StatusCodes.Status204NoContent : StatusCodes.Status200OK;
            if (waited)
            {
                response.ContentType = null;
            }

            return;
        }

        var said = start.Gap is { } gap ? encoder.EncodeGap(gap) : null;
        if (start.Gap is not null && said is null)
        {
            StreamResponse.SayGap(response, start.Gap);
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        if (said is not null)
        {
            await response.BodyWriter.WriteAsync(said, gone);
        }

        var subscriber = new Subscriber(relay, encoder, response.BodyWriter, time, TcpProgress.Of(context));
        subscriber.JoinAfter(start.After!.Value, until: start.Newest);
        try
        {
            subscriber.Start();
            await using var aborted = gone.Register(() => subscriber.End(EndReason.Gone));
            if (await subscriber.Ended != EndReason.Complete)
            {
                // Cut, not finished: what the header promised did not all come.
                context.Abort();
            }
        }
        finally
        {
            relay.Remove(subscriber);
        }
    }

    private static bool IsEmpty(in Start start) => start.Gap is null && start.After!.Value.Offset >= start.Newest.Offset;
}
