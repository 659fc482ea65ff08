using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace OrleansGateway.Http;

/// <summary>The forms in which a channel can be asked for.</summary>
internal enum Transport
{
    /// <summary>The page for a person.</summary>
    Html,

    /// <summary>Server-sent events.</summary>
    Sse,

    /// <summary>A JSON object a line.</summary>
    Json,

    /// <summary>Each part replaces the one before.</summary>
    Tail,

    /// <summary>The same, with text drawn as images.</summary>
    SvgTail,

    /// <summary>The messages' bytes, each with a newline.</summary>
    Raw,

    /// <summary>WebSocket.</summary>
    WebSocket,
}

/// <summary>Chooses a transport: <c>?as=</c> wins over <c>Upgrade</c>, which wins over <c>Accept</c> (RFC 9110, section 12.5.1).</summary>
internal static class Negotiation
{
    /// <summary>Chooses for a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="transport">The choice.</param>
    /// <param name="isOne">Whether it is for one channel. Several need a form that names each message's channel.</param>
    /// <returns>A problem where there is nothing to choose, or null.</returns>
    public static Problem? Choose(HttpRequest request, out Transport transport, bool isOne = true)
    {
        var problem = ChooseOfAll(request, out transport);
        if (isOne || problem is not null || transport is Transport.Json or Transport.Sse or Transport.WebSocket)
        {
            return problem;
        }

        return request.Query.ContainsKey("as") || ByAccept(request.Headers.Accept.ToString(), isOne: false) is not { } accepted
            ? Problem.NotAcceptableForSeveral
            : Is(accepted, out transport);
    }

    private static Problem? ChooseOfAll(HttpRequest request, out Transport transport)
    {
        var problem = ChooseTransport(request, out transport);
        if (problem is null && request.Query.TryGetValue("render", out var render))
        {
            if (render != "svg" || transport != Transport.Tail)
            {
                return Problem.BadRequest("render", $"'render={render}' is not for this form: render=svg goes with as=tail, and there is no other.");
            }

            transport = Transport.SvgTail;
        }

        return problem;
    }

    private static Problem? ChooseTransport(HttpRequest request, out Transport transport)
    {
        transport = default;
        if (request.Query.TryGetValue("as", out var named))
        {
            return named.ToString() switch
            {
                "raw" => Is(Transport.Raw, out transport),
                "json" => Is(Transport.Json, out transport),
                "sse" => Is(Transport.Sse, out transport),
                "tail" => Is(Transport.Tail, out transport),
                "ws" => Is(Transport.WebSocket, out transport),
                var other => Problem.BadRequest("transport", $"'as={other}' is none of raw, json, sse, ws, tail."),
            };
        }

        if (IsWebSocketUpgrade(request))
        {
            return Is(Transport.WebSocket, out transport);
        }

        return ByAccept(request.Headers.Accept.ToString()) is { } accepted ? Is(accepted, out transport) : Problem.NotAcceptable;
    }

    /// <summary>Whether the client asks for a WebSocket (RFC 6455, section 4.1).</summary>
    public static bool IsWebSocketUpgrade(HttpRequest request) => HasToken(request.Headers.Upgrade, "websocket");

    /// <summary>
    /// Weighs an <c>Accept</c> header. At equal weight the order is html, sse, json, tail, raw; a wildcard asks for raw, or for several
    /// channels for json.
    /// </summary>
    public static Transport? ByAccept(string accept, bool isOne = true)
    {
        if (string.IsNullOrWhiteSpace(accept))
        {
            return isOne ? Transport.Raw : Transport.Json;
        }

        if (!MediaTypeHeaderValue.TryParseList([accept], out var ranges))
        {
            return null;
        }

        double? html = null, sse = null, json = null, tail = null, image = null, plain = null, text = null, any = null;
        foreach (var range in ranges)
        {
            var weight = range.Quality ?? 1;
            switch (range.MediaType.Value?.ToLowerInvariant())
            {
                case "text/html": html = weight; break;
                case "text/event-stream": sse = weight; break;
                case "application/x-ndjson" or "application/json" or "application/*": json = Math.Max(json ?? 0, weight); break;
                case "multipart/x-mixed-replace" or "multipart/*": tail = weight; break;
                case "text/plain": plain = weight; break;
                case "text/*": text = weight; break;
                case "*/*": any = weight; break;
                case { } type when type.StartsWith("image/", StringComparison.Ordinal): image = Math.Max(image ?? 0, weight); break;
            }
        }

        // An <img> asks for images alone; a page that is opened asks for them too, after HTML.
        (Transport Transport, double? Weight)[] offers = !isOne ? [(Transport.Sse, sse), (Transport.Json, json ?? any)] :
        [
            (Transport.Html, html),
            (Transport.Sse, sse),
            (Transport.Json, json),
            (Transport.Tail, tail ?? (html is > 0 ? null : image)),
            (Transport.Raw, plain ?? text ?? any),
        ];
        Transport? best = null;
        var most = 0.0;
        foreach (var (transport, weight) in offers)
        {
            if (weight > most)
            {
                (best, most) = (transport, weight.Value);
            }
        }

        return best;
    }

    /// <summary>Whether what is there in one form only can be sent.</summary>
    public static bool Accepts(HttpRequest request, string type)
    {
        var accept = request.Headers.Accept.ToString();
        if (string.IsNullOrWhiteSpace(accept))
        {
            return true;
        }

        // The range that fits best decides.
        var offered = new MediaTypeHeaderValue(type);
        return MediaTypeHeaderValue.TryParseList([accept], out var ranges)
            && ranges.Where(offered.IsSubsetOf).MinBy(x => x.MatchesAllTypes ? 2 : x.MatchesAllSubTypes ? 1 : 0) is { } best
            && best.Quality is not 0.0;
    }

    /// <summary>Whether an <c>Accept</c> header names JSON, and plain text not before it.</summary>
    public static bool PrefersJson(string accept)
    {
        if (!MediaTypeHeaderValue.TryParseList([accept], out var ranges))
        {
            return false;
        }

        double json = 0, text = 0;
        foreach (var range in ranges)
        {
            var weight = range.Quality ?? 1;
            switch (range.MediaType.Value?.ToLowerInvariant())
            {
                case "application/json": json = Math.Max(json, weight); break;
                case "text/plain": text = Math.Max(text, weight); break;
            }
        }

        return json > 0 && json >= text;
    }

    /// <summary>Whether a header that is a list (RFC 9110, section 5.6.1) has an item.</summary>
    internal static bool HasToken(StringValues header, string token, StringComparison comparison = StringComparison.OrdinalIgnoreCase)
    {
        foreach (var value in header)
        {
            foreach (var part in value.AsSpan().Split(','))
            {
                if (value.AsSpan(part).Trim().Equals(token, comparison))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static Problem? Is(Transport chosen, out Transport transport)
    {
        transport = chosen;
        return null;
    }
}
