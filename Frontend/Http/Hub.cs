using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using OrleansGateway.Pages;
using OrleansGateway.Publishing;
using OrleansGateway.Transports;

namespace OrleansGateway.Http;

/// <summary>Every URL path is a channel: what a request for one does. What belongs to the system was taken before.</summary>
internal sealed class Hub(
    PublishEndpoint publish,
    Publisher publisher,
    SubscribeEndpoint subscribe,
    PollEndpoint polling,
    WebSocketEndpoint webSocket,
    PageEndpoint pages,
    Origins origins,
    TimeProvider time)
{
    private const string Allowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
    private const string AllowedForSeveral = "GET, HEAD, OPTIONS";

    public Task Handle(HttpContext context)
    {
        var admitted = origins.Admit(context);

        // Methods have a case (RFC 9110, section 9.1).
        var method = context.Request.Method;
        if (method is not ("GET" or "HEAD" or "POST" or "PUT" or "DELETE" or "OPTIONS"))
        {
            context.Response.Headers.Allow = Allowed;
            return Problem.Method(method, Allowed).Write(context);
        }

        // An asterisk is the target of OPTIONS for the server itself (RFC 9112, section 3.2.4).
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var channel = string.Empty;
        Subject subject = default;
        var rule = method is "GET" or "HEAD" or "OPTIONS"
            ? Subject.Read(RequestPath.PathOf(target), out subject)
            : RequestPath.ReadName(RequestPath.PathOf(target), out channel);
        if (method == "OPTIONS" && (rule is null || target == "*"))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.Allow = subject.IsOne ? Allowed : AllowedForSeveral;
            return Task.CompletedTask;
        }

        return rule is not null ? Problem.BadName(rule).Write(context)
            : method is "GET" or "HEAD" ? Subscribe(context, subject, admitted)
            : !admitted ? Problem.ForeignOrigin(context.Request.Headers.Origin.ToString()).Write(context)
            : method == "DELETE" ? Delete(context, channel)
            : publish.Handle(context, channel);
    }

    /// <summary>Whether a GET is answered with a stream of messages, rather than with a page, with what there is, or with a problem.</summary>
    public static bool IsStream(HttpContext context) =>
        Subject.Read(RequestPath.PathOf(context.Features.Get<IHttpRequestFeature>()!.RawTarget), out var subject) is null
        && PollRequest.Read(context.Request, out var poll) is null && poll is null
        && Negotiation.Choose(context.Request, out var transport, subject.IsOne) is null && transport != Transport.Html;

    private async Task Delete(HttpContext context, string channel)
    {
        if (await publisher.Delete(channel) is { } problem)
        {
            await problem.Write(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task Subscribe(HttpContext context, Subject subject, bool admitted)
    {
        var transport = Transport.Json;
        var problem = PollRequest.Read(context.Request, out var poll);
        if (problem is null && poll is not null && !subject.IsOne && poll.Encoder != MessageEncoder.Json)
        {
            problem = Problem.NotAcceptableForSeveral;
        }
        else if (problem is null && poll is null)
        {
            problem = Negotiation.Choose(context.Request, out transport, subject.IsOne);
        }

        if (problem is not null)
        {
            context.Response.Headers.Append(HeaderNames.Vary, StreamResponse.VariesBy);
            return problem.Write(context);
        }

        if (transport == Transport.Html)
        {
            return pages.Write(context, "channel.html");
        }

        var text = SinceOf(context.Request);
        var since = new Since(poll is not null ? SinceKind.All : transport is Transport.Tail or Transport.SvgTail ? SinceKind.Latest : SinceKind.None);
        var now = time.GetUtcNow();
        if (text.Length > 0 && !(subject.IsOne ? Since.TryParse(text, now, out since) : Since.TryParseOfSeveral(text, now, out since)))
        {
            var id = subject.IsOne ? "an id" : "the id of a message of several channels (that of one channel says nothing of the others)";
            return Problem.BadRequest(
                "since", $"'{text}' is none of: none, all, latest, {id}, a duration such as 10m, a Unix time in seconds, an RFC 3339 time.").Write(context);
        }

        return poll is not null ? polling.Handle(context, subject, poll, since)
            : transport != Transport.WebSocket ? subscribe.Handle(context, subject, transport, since)
            : admitted ? webSocket.Handle(context, subject, since)
            : Problem.ForeignOrigin(context.Request.Headers.Origin.ToString()).Write(context);
    }

    // An EventSource repeats its URL when it comes back, so its header is the newer word, and so is what libraries that cannot set it
    // (reconnecting-eventsource, clients of Mercure) add to their URL. Names in a query are compared without case.
    private static string SinceOf(HttpRequest request)
    {
        var header = request.Headers["Last-Event-ID"].ToString();
        return header.Length > 0 ? header
            : request.Query["lastEventId"].ToString() is { Length: > 0 } added ? added
            : request.Query["since"].ToString() is { Length: > 0 } since ? since
            : request.Query["last_event_id"].ToString();
    }
}
