using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;

namespace OrleansGateway.Publishing;

/// <summary><c>POST</c> and <c>PUT /{channel}</c>.</summary>
internal sealed class PublishEndpoint(Publisher publisher, IOptionsMonitor<FrontendOptions> options)
{
    private static readonly byte[] Ok = "OK\n"u8.ToArray();

    public async Task Handle(HttpContext context, string channel)
    {
        var problem = ChannelName.IsReadOnly(channel) ? Problem.ReadOnly(channel) : Check(context.Request);
        if (problem is null)
        {
            var (body, tooLarge) = await ReadBody(context, options.CurrentValue.MaxMessageBytes);
            if (body is null)
            {
                problem = tooLarge;
            }
            else
            {
                var type = context.Request.ContentType;
                (var result, problem) = await publisher.Publish(
                    channel, new Publication(new MessageDraft(string.IsNullOrWhiteSpace(type) ? null : type, body)));
                if (problem is null)
                {
                    await Answer(context, channel, result);
                    return;
                }
            }
        }

        await problem!.Write(context);
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
        var response = context.Response;
        var id = new MessageId(result.Epoch, result.FirstOffset).ToString();
        response.Headers["Message-Id"] = id;
        response.Headers.CacheControl = "no-store";
        byte[] body;
        if (context.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase))
        {
            response.ContentType = "application/json";
            var time = DateTimeOffset.FromUnixTimeMilliseconds(result.TimeMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
            body = JsonSerializer.SerializeToUtf8Bytes(new Published(id, channel, result.FirstOffset, time), PublishJson.Default.Published);
        }
        else
        {
            response.ContentType = "text/plain";
            body = Ok;
        }

        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body).AsTask();
    }
}

internal sealed record Published(string Id, string Channel, long Offset, string Time);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Published))]
internal sealed partial class PublishJson : JsonSerializerContext;
