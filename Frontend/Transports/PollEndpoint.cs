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
    RelayRegistry relays, IOptionsMonitor<FrontendOptions> options, IHostApplicationLifetime lifetime, TimeProvider time)
{
    public async Task Handle(HttpContext context, Subject subject, PollRequest poll, Since since)
    {
        StreamResponse.SetHeaders(context.Response, poll.Encoder == MessageEncoder.Raw ? MessageText.TextType : JsonEncoder.ContentType);
        var relay = relays.Take(subject);
        try
        {
            if (await Find(context, relay, poll.Wait, since) is { } found)
            {
                await Answer(context, relay, poll.Encoder, found, waited: poll.Wait > TimeSpan.Zero);
            }
            else
            {
                await Problem.ChannelUnreachable(subject.Name).Write(context);
            }
        }
        finally
        {
            relays.Release(relay);
        }
    }

    /// <summary>Finds where the answer begins and ends; waits for a first message where that was asked for.</summary>
    /// <returns>Null where the channel cannot be reached.</returns>
    private async Task<Poll?> Find(HttpContext context, Relay relay, TimeSpan wait, Since since)
    {
        var gone = context.RequestAborted;

        // Who waits for a message can wait as long for the channel.
        using var tooLong = new CancellationTokenSource(wait > options.CurrentValue.PublishTimeout ? wait : options.CurrentValue.PublishTimeout, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(tooLong.Token, gone, lifetime.ApplicationStopping);
        using var waiting = new CancellationTokenSource(wait, time);

        // Who can say no more may be gone: it gets its answer now.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(waiting.Token, gone, lifetime.ApplicationStopping, IInputEndedFeature.Of(context));
        try
        {
            await relay.Started.WaitAsync(patience.Token);

            // Before each look: what the channel does not have yet when it is asked comes to this node later than that.
            var news = relay.News();
            var poll = await relay.FindPoll(since, patience.Token);
            while (poll.IsAwaited && wait > TimeSpan.Zero)
            {
                await news.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                news = relay.News();
                try
                {
                    over.Token.ThrowIfCancellationRequested();
                    poll = await poll.FindAgain(over.Token);
                }
                catch (OperationCanceledException) when (over.IsCancellationRequested)
                {
                    // It was reached, and there was no message; what comes as the wait ends is for who asks next.
                    return poll;
                }
            }

            return poll;
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Answer(HttpContext context, Relay relay, MessageEncoder encoder, Poll poll, bool waited)
    {
        var (response, gone) = (context.Response, context.RequestAborted);
        response.Headers["Last-Event-ID"] = poll.ResumeId;
        if (poll.IsEmpty)
        {
            response.StatusCode = waited ? StatusCodes.Status204NoContent : StatusCodes.Status200OK;
            if (waited)
            {
                response.ContentType = null;
            }

            return;
        }

        var gaps = poll.Gaps.Select(x => (Gap: x, Said: encoder.EncodeGap(x))).ToList();
        if (gaps is [(var gap, null), ..])
        {
            StreamResponse.SayGap(response, gap);
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        foreach (var (_, said) in gaps)
        {
            await response.BodyWriter.WriteAsync(said, gone);
        }

        var subscriber = poll.Join(encoder, response.BodyWriter, time, TcpProgress.Of(context));
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
}
