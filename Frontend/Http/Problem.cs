using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Http;

/// <summary>An error as its client sees it (RFC 9457): what was wrong, the limit, what to do.</summary>
/// <param name="Status">The HTTP status code.</param>
/// <param name="Type">The problem's kind, the last part of its type URI.</param>
/// <param name="Title">The kind in words, the same each time.</param>
/// <param name="Detail">What was wrong this time.</param>
internal sealed record Problem(int Status, string Type, string Title, string Detail)
{
    public static Problem BadName(string rule) => new(400, "channel-name", "This is no channel's name", rule);

    public static Problem BadRequest(string type, string detail) => new(400, type, "The request is malformed", detail);

    public static Problem Malformed(int status, string detail) => new(status, "malformed", "The request is malformed", detail);

    public static Problem Method(string method, string allowed) => new(405, "method", "This method is not for this path", $"'{method}' is none of {allowed}.");

    public static Problem TargetTooLong(int limit) => new(
        414, "target-too-long", "The request line is too long", $"A request line has at most {limit} bytes: subscribe to fewer channels at once.");

    public static Problem Failed { get; } = new(500, "failed", "The gateway failed", "This is a fault of the gateway; its log says more. Try again, or at another node.");

    public static Problem ReadOnly(string channel) => new(
        403, "read-only", "Only the gateway publishes to this channel", $"The channel '{channel}' is fed by the gateway itself; publish to another one.");

    public static Problem MayNotPublish(string detail) => new(403, "may-not-publish", "This connection may not publish", detail);

    public static Problem ForeignOrigin(string origin) => new(
        403, "origin", "Pages of this origin are not allowed", $"The origin '{origin}' is none of this cluster's nodes; allow it by the setting Gateway:Origins.");

    public static Problem NotFound(string path) => new(404, "not-found", "There is nothing here", $"'{path}' is not part of the gateway; everything below /-/ belongs to it and is no channel.");

    public static Problem NoChannel(string channel) => new(
        404, "no-channel", "There is no such channel", $"The channel '{channel}' has neither a message nor a subscriber. It is made when it is first published to or subscribed to.");

    public static Problem NoMessage(string channel, Channels.MessageId id) => new(
        404, "no-message", "There is no such message", $"The channel '{channel}' does not keep the message {id}.");

    public static Problem OnlyAs(string type) => new(406, "not-acceptable", "It cannot be sent in this form", $"It is {type}; accept that, or */*.");

    public static Problem TooLarge(long limit) => new(
        413, "too-large", "The message is too large", $"A message has at most {limit} bytes; send less, or raise the setting Gateway:MaxMessageBytes.");

    public static Problem BatchTooLarge(int limit) => new(
        413, "batch-too-large", "The batch has too many messages", $"A batch has at most {limit} messages; nothing was published. Send it in parts.");

    public static Problem NoBatch { get; } = new(
        415, "batch-type", "This is no batch", "With ?batch=1 the body is newline-delimited JSON: send it with Content-Type: application/x-ndjson, or without ?batch=1 as one message.");

    public static Problem NotAcceptable { get; } = new(
        406,
        "not-acceptable",
        "A channel cannot be sent in this form",
        "Accept text/event-stream, application/x-ndjson, application/json, text/plain, multipart/x-mixed-replace or text/html, or choose by ?as=raw, json, sse, ws or tail.");

    public static Problem NotAcceptableForSeveral { get; } = new(
        406,
        "not-acceptable",
        "Several channels cannot be sent in this form",
        "The form has to name each message's channel: accept text/event-stream or application/x-ndjson, choose by ?as=sse or json, or use a WebSocket with the subprotocol gateway.json.");

    public static Problem KeyReused(string key) => new(
        422, "idempotency-key", "The key belongs to another message", $"Another body or type was published with the Idempotency-Key '{key}' within its window; use a new key for a new message.");

    public static Problem LogFull(string channel) => new(
        503, "storage-full", "There is no room for messages", $"The log of the channel '{channel}' has no room on its disk; nothing was published. Subscribers go on. Try again when there is room.");

    public static Problem LogUnavailable(string channel) => new(
        503, "storage", "The log of the channel cannot be written", $"The log of the channel '{channel}' cannot be written; nothing was published. The node's log says why.");

    public static Problem ChannelUnreachable(string channel) => new(
        503, "unreachable", "The channel cannot be reached now", $"The node that holds the channel '{channel}' was lost or is stopping. Try again; another node takes over.");

    public static Problem ChannelUnknown(string channel, IReadOnlyList<string> silent) => new(
        503, "unreachable", "Whether there is such a channel is not known now", $"Of the channel '{channel}' no node knows, but not all have answered: {string.Join(", ", silent)} did not. Try again.");

    public static Problem CatalogUnavailable { get; } = new(
        503, "storage", "The logs of the channels cannot be read", "What the channels keep is not known now. Try again; the node's log says why.");

    public static Problem Unavailable(string detail) => new(503, "unavailable", "The message could not be published now", detail);

    /// <summary>Answers with it.</summary>
    public Task Write(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        var body = ToBody();
        SetHeaders(response.Headers, body.Length);
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>Sets the headers of an answer with it.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="length">The length of <see cref="ToBody"/>, in bytes.</param>
    public void SetHeaders(IHeaderDictionary headers, int length)
    {
        headers.ContentType = "application/problem+json";
        headers.CacheControl = "no-store";
        headers.ContentLength = length;
        if (Status == StatusCodes.Status503ServiceUnavailable)
        {
            headers.RetryAfter = "1";
        }
    }

    /// <summary>It as JSON.</summary>
    public byte[] ToBody() =>
        [
            .. JsonSerializer.SerializeToUtf8Bytes(
                new ProblemBody($"urn:orleansgateway:problem:{Type}", Title, Status, Detail), ProblemJson.Readable.ProblemBody),
            (byte)'\n',
        ];
}

internal sealed record ProblemBody(string Type, string Title, int Status, string Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class ProblemJson : JsonSerializerContext
{
    /// <summary>Leaves quotes in sentences as they are: the type is JSON, so no browser reads it as HTML.</summary>
    public static ProblemJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
