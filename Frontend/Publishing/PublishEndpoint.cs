using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;

namespace OrleansGateway.Publishing;

/// <summary><c>POST</c> and <c>PUT /{channel}</c>.</summary>
internal sealed class PublishEndpoint(Publisher publisher, IOptionsMonitor<FrontendOptions> options)
{
    private static readonly byte[] Ok = "OK\n"u8.ToArray();

    public async Task Handle(HttpContext context, string channel)
    {
        var (problem, isNew) = await Publish(context, channel);
        if (problem is not null)
        {
            if (isNew)
            {
                GatewayMeter.Publishes.Add(problem.Type);
            }

            await problem.Write(context);
        }
    }

    /// <summary>Publishes and answers.</summary>
    /// <returns>What is to be answered instead, or null; and whether that was found out before the publisher was asked, which counts its own.</returns>
    private async Task<(Problem? Problem, bool IsNew)> Publish(HttpContext context, string channel)
    {
        var request = context.Request;
        string? key = null;
        var isBatch = false;
        var problem = ChannelName.IsReadOnly(channel)
            ? Problem.ReadOnly(channel)
            : Check(request) ?? IdempotencyKey.Read(request.Headers[IdempotencyKey.Header], out key) ?? NdjsonBatch.IsAsked(request, out isBatch);
        if (problem is not null)
        {
            return (problem, true);
        }

        var (body, tooLarge) = await ReadBody(context, options.CurrentValue.MaxMessageBytes);
        if (body is null)
        {
            return (tooLarge, true);
        }

        MessageDraft[]? batch = null;
        if (isBatch && NdjsonBatch.Read(body, out batch) is { } wrong)
        {
            return (wrong, true);
        }

        var type = string.IsNullOrWhiteSpace(request.ContentType) ? null : request.ContentType;
        var publication = batch is null ? new Publication(new MessageDraft(type, body), Key: key) : new Publication(default, batch, key);
        (var result, problem) = await publisher.Publish(channel, publication);
        if (problem is null)
        {
            await (batch is null ? Answer(context, channel, result) : AnswerBatch(context, channel, result, batch.Length));
        }

        return (problem, false);
    }

    private static Problem? Check(HttpRequest request) => request switch
    {
        _ when request.Headers.ContentEncoding.Count > 0 => new Problem(
            415, "content-encoding", "Encoded messages are not taken", "Send the message without Content-Encoding: subscribers get its bytes as they come."),
        { ContentType.Length: > 1024 } => Problem.BadRequest("content-type", "A Content-Type has at most 1,024 characters."),
        _ => null,
    };

    /// <summary>Reads the body, never more of it than the limit.</summary>
    private static async ValueTask<(byte[]? Body, Problem? TooLarge)> ReadBody(HttpContext context, int limit)
    {
        var request = context.Request;
        if (request.ContentLength > limit)
        {
            return (null, Problem.TooLarge(limit));
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > limit)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (null, Problem.TooLarge(limit));
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return (body, null);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static Task Answer(HttpContext context, string channel, PublishResult result)
    {
        var id = new MessageId(result.Epoch, result.FirstOffset).ToString();
        return Negotiation.PrefersJson(context.Request.Headers.Accept.ToString())
            ? Write(context, id, "application/json", Json(channel, result))
            : Write(context, id, "text/plain", Ok);
    }

    /// <summary>The answer as JSON.</summary>
    public static byte[] Json(string channel, in PublishResult result)
    {
        var id = new MessageId(result.Epoch, result.FirstOffset).ToString();
        return JsonSerializer.SerializeToUtf8Bytes(new Published(id, channel, result.FirstOffset, Rfc3339.Utc(result.TimeMs)), PublishJson.Default.Published);
    }

    private static Task AnswerBatch(HttpContext context, string channel, PublishResult result, int count)
    {
        var first = new MessageId(result.Epoch, result.FirstOffset);
        var last = first with { Offset = first.Offset + count - 1 };
        context.Response.Headers["First-Message-Id"] = first.ToString();
        var answer = new PublishedBatch(first.ToString(), last.ToString(), count, channel, Rfc3339.Utc(result.TimeMs));
        return Write(context, last.ToString(), "application/json", JsonSerializer.SerializeToUtf8Bytes(answer, PublishJson.Default.PublishedBatch));
    }

    /// <summary>Sets the headers of an answer.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="id">The id of the last message that was published.</param>
    /// <param name="type">The type of the body.</param>
    /// <param name="length">Its length, in bytes.</param>
    public static void SetHeaders(IHeaderDictionary headers, string id, string type, int length)
    {
        headers["Message-Id"] = id;
        headers.CacheControl = "no-store";
        headers.ContentType = type;
        headers.ContentLength = length;
    }

    private static Task Write(HttpContext context, string id, string type, byte[] body)
    {
        SetHeaders(context.Response.Headers, id, type, body.Length);
        return context.Response.Body.WriteAsync(body).AsTask();
    }
}

internal sealed record Published(string Id, string Channel, long Offset, string Time);

internal sealed record PublishedBatch(string First, string Last, int Count, string Channel, string Time);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Published))]
[JsonSerializable(typeof(PublishedBatch))]
internal sealed partial class PublishJson : JsonSerializerContext;
