using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Http;

namespace OrleansGateway.Transports;

/// <summary>A request for what is there, instead of for a stream: <c>?poll=1</c>.</summary>
/// <param name="Encoder">The form: <c>json</c>, or <c>raw</c> by <c>&amp;as=raw</c>.</param>
/// <param name="Wait">How long to wait for a first message, by <c>&amp;wait=30s</c>; zero for not at all.</param>
internal sealed record PollRequest(MessageEncoder Encoder, TimeSpan Wait)
{
    /// <summary>The longest wait; who asks for more gets 204 after this time, and asks again.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(10);

    /// <summary>Reads whether a request is one.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static Problem? Read(HttpRequest request, out PollRequest? poll)
    {
        poll = null;
        var (asked, form, wait) = (request.Query["poll"].ToString(), request.Query["as"].ToString(), request.Query["wait"].ToString());
        if (asked is not ("" or "0" or "1"))
        {
            return Problem.BadRequest("poll", $"'poll={asked}' is none of 1 and 0.");
        }

        if (asked != "1")
        {
            return null;
        }

        if (form is not ("" or "json" or "raw"))
        {
            return Problem.BadRequest("transport", $"'as={form}' is none of json, raw: with poll=1 there are no others.");
        }

        if (request.Query.ContainsKey("render"))
        {
            return Problem.BadRequest("render", "'render' is not for poll=1: render=svg goes with as=tail, and there is no other.");
        }

        var span = TimeSpan.Zero;
        if (wait.Length > 0 && !TryParseWait(wait, out span))
        {
            return Problem.BadRequest("wait", $"'wait={wait}' is no duration such as 30s, 2m or 1h.");
        }

        poll = new PollRequest(form == "raw" ? MessageEncoder.Raw : MessageEncoder.Json, span);
        return null;
    }

    private static bool TryParseWait(string text, out TimeSpan wait)
    {
        var unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        var valid = long.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && unit != 0;
        wait = count >= MaxWait.TotalSeconds || count * unit >= MaxWait.TotalSeconds ? MaxWait : TimeSpan.FromSeconds(count * unit);
        return valid;
    }
}
