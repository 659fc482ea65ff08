using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Transports;

namespace OrleansGateway.Http;

/// <summary><c>GET /-/channels</c> and <c>GET /-/channels/{channel}</c>: what channels there are, and what they keep.</summary>
internal sealed class ChannelsEndpoint(IChannelDirectory directory, IClusterClient client, IOptionsMonitor<FrontendOptions> options, TimeProvider time)
{
    /// <summary>The most channels in an answer.</summary>
    public const int MaxLimit = 1000;

    private const int DefaultLimit = 100;
    private const string ListPath = "/-/channels";
    private const string JsonType = "application/json";

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    public async Task Handle(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (await Answer(context) is { } problem)
        {
            await problem.Write(context);
        }
    }

    private Task<Problem?> Answer(HttpContext context)
    {
        // As the client wrote it: a decoded path no longer tells %2F from a slash.
        var path = RequestPath.PathOf(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
        if (path.SequenceEqual(ListPath))
        {
            return List(context);
        }

        if (!path.StartsWith(ListPath + "/"))
        {
            return Task.FromResult<Problem?>(Problem.NotFound(context.Request.Path));
        }

        return RequestPath.ReadName(path[ListPath.Length..], out var channel) is { } rule ? Task.FromResult<Problem?>(Problem.BadName(rule))
            : context.Request.Query.TryGetValue("id", out var id) ? WriteMessage(context, channel, id.ToString())
            : Describe(context, channel);
    }

    private async Task<Problem?> List(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = DefaultLimit;
        if (query.TryGetValue("limit", out var text)
            && (!int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            return Problem.BadRequest("limit", $"'limit={text}' is no number from 1 to {MaxLimit}.");
        }

        if (!Negotiation.Accepts(context.Request, JsonType))
        {
            return Problem.OnlyAs(JsonType);
        }

        var listing = await Reading(() => directory.List(query["prefix"].ToString(), query["after"].ToString(), limit));
        return listing is null ? Problem.CatalogUnavailable
            : await Write(
                context,
                new ChannelsBody([.. listing.Channels.Select(ChannelBody.Of)], listing.Next, MissingOf(listing.Missing)),
                ChannelsJson.Readable.ChannelsBody);
    }

    private async Task<Problem?> Describe(HttpContext context, string channel)
    {
        if (!Negotiation.Accepts(context.Request, JsonType))
        {
            return Problem.OnlyAs(JsonType);
        }

        var finding = await Reading(() => directory.Find(channel));
        return finding is null ? Problem.CatalogUnavailable
            : finding.Channel is not { } found ? NotFound(channel, finding)
            : await Write(context, ChannelBody.Of(found) with { Missing = MissingOf(finding.Missing) }, ChannelsJson.Readable.ChannelBody);
    }

    private static Problem NotFound(string channel, ChannelFinding finding) =>
        finding.Missing.Count == 0 ? Problem.NoChannel(channel) : Problem.ChannelUnknown(channel, finding.Missing);

    /// <summary>Answers with one message as it was published; where a browser could run it, it does not.</summary>
    private async Task<Problem?> WriteMessage(HttpContext context, string channel, string text)
    {
        if (!MessageId.TryParse(text, out var id))
        {
            return Problem.BadRequest("id", $"'id={text}' is no message's id, <epoch>-<offset>.");
        }

        var finding = await Reading(() => directory.Find(channel));
        if (finding is null)
        {
            return Problem.CatalogUnavailable;
        }

        if (finding is { Channel: null, Missing.Count: > 0 })
        {
            return NotFound(channel, finding);
        }

        if (finding.Channel is not { First: { } first, Last: { } last } || id.Epoch != first.Epoch || id.Offset < first.Offset || id.Offset > last.Offset)
        {
            return Problem.NoMessage(channel, id);
        }

        if (await Read(channel, id, context.RequestAborted) is not { } page)
        {
            return Problem.ChannelUnreachable(channel);
        }

        foreach (var message in page.Batches.Where(x => x.Epoch == id.Epoch).SelectMany(Messages))
        {
            if (message.Offset == id.Offset)
            {
                await Write(context, id, message);
                return null;
            }
        }

        return Problem.NoMessage(channel, id);
    }

    private static List<ChannelMessage> Messages(MessageBatch batch)
    {
        var messages = new List<ChannelMessage>(batch.Count);
        foreach (var message in batch)
        {
            messages.Add(message);
        }

        return messages;
    }

    /// <summary>Reads the page that begins with a message.</summary>
    /// <returns>Null where the channel cannot be reached for as long as a publish would wait.</returns>
    private async Task<ChannelPage?> Read(string channel, MessageId id, CancellationToken gone)
    {
        var grain = client.GetGrain<IChannelGrain>(channel);
        using var tooLong = new CancellationTokenSource(options.CurrentValue.PublishTimeout, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(tooLong.Token, gone);
        while (!patience.IsCancellationRequested)
        {
            try
            {
                return await grain.Read(id with { Offset = id.Offset - 1 }, 1).WaitAsync(CallTimeout, time, patience.Token);
            }
            catch (Exception)
            {
                // It moves, or the time is over.
                await Task.Delay(BetweenAttempts, time, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        gone.ThrowIfCancellationRequested();
        return null;
    }

    private static async Task Write(HttpContext context, MessageId id, ChannelMessage message)
    {
        var response = context.Response;
        var type = message.ContentType ?? (MessageText.IsText(message) ? MessageText.TextType : MessageText.BinaryType);
        response.ContentType = type.AsSpan().ContainsAnyExceptInRange(' ', '~') ? MessageText.BinaryType : type;
        response.ContentLength = message.Body.Length;
        StreamResponse.Sandbox(response);

        // It never changes, but it may be deleted.
        response.Headers.CacheControl = "private, max-age=60";
        response.Headers.ContentDisposition = $"{(MessageText.IsShownByBrowsers(response.ContentType) ? "inline" : "attachment")}; filename=\"{id}\"";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(message.Body);
        }
    }

    /// <summary>Null where the logs cannot be read now.</summary>
    private static async Task<T?> Reading<T>(Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<Problem?> Write<T>(HttpContext context, T body, JsonTypeInfo<T> type)
    {
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(body, type), (byte)'\n'];
        context.Response.ContentType = JsonType;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes);
        }

        return null;
    }

    private static string[]? MissingOf(IReadOnlyList<string> missing) => missing.Count == 0 ? null : [.. missing];
}

internal sealed record ChannelsBody(ChannelBody[] Channels, string? Next, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string[]? Missing);

internal sealed record ChannelBody(
    string Channel,
    int Subscribers,
    string? FirstId,
    string? LastId,
    long Messages,
    long Bytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string[]? Missing = null)
{
    public static ChannelBody Of(ChannelSummary channel) => new(
        channel.Name, channel.Subscribers, channel.First?.ToString(), channel.Last?.ToString(), channel.Messages, channel.Bytes);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ChannelsBody))]
[JsonSerializable(typeof(ChannelBody))]
internal sealed partial class ChannelsJson : JsonSerializerContext
{
    /// <summary>Leaves names as they are: the type is JSON, so no browser reads it as HTML.</summary>
    public static ChannelsJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
