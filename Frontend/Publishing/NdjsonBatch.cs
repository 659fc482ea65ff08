using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Channels;
using OrleansGateway.Http;

namespace OrleansGateway.Publishing;

/// <summary>
/// Many messages in one publish: with <c>?batch=1</c> each line of a body of newline-delimited JSON is one, all of them or none.
/// A line ends with <c>\n</c> or <c>\r\n</c>; one of nothing but blanks is empty and skipped.
/// </summary>
internal static class NdjsonBatch
{
    /// <summary>The type that the body has to have.</summary>
    public const string BodyType = "application/x-ndjson";

    /// <summary>The type of each message.</summary>
    public const string MessageType = "application/json";

    /// <summary>The most messages.</summary>
    public const int MaxMessages = 1000;

    // Whoever nests deeper than a subscriber can follow is that one's trouble, but still JSON.
    private static readonly JsonReaderOptions Json = new() { MaxDepth = int.MaxValue };

    /// <summary>Reads whether a request is one.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static Problem? IsAsked(HttpRequest request, out bool batch)
    {
        var asked = request.Query["batch"].ToString();
        batch = asked == "1";
        return asked is not ("" or "0" or "1") ? Problem.BadRequest("batch", $"'batch={asked}' is none of 1 and 0.")
            : batch && !IsNdjson(request.ContentType) ? Problem.NoBatch
            : null;
    }

    /// <summary>Reads the messages.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static Problem? Read(ReadOnlySpan<byte> body, out MessageDraft[] messages)
    {
        messages = [];
        var read = new List<MessageDraft>();
        for (var number = 1; !body.IsEmpty; number++)
        {
            var end = body.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? [] : body[(end + 1)..];
            line = line.EndsWith("\r"u8) ? line[..^1] : line;
            if (line.IndexOfAnyExcept(" \t\r"u8) < 0)
            {
                continue;
            }

            if (read.Count == MaxMessages)
            {
                return Problem.BatchTooLarge(MaxMessages);
            }

            if (!IsJson(line))
            {
                return Problem.BadRequest("batch", $"Line {number} is not JSON; nothing was published.");
            }

            read.Add(new MessageDraft(MessageType, line.ToArray()));
        }

        messages = [.. read];
        return messages.Length == 0 ? Problem.BadRequest("batch", "A batch has at least one message: a line of JSON.") : null;
    }

    private static bool IsNdjson(string? type) =>
        type is not null && type.AsSpan(0, type.IndexOf(';') is >= 0 and var end ? end : type.Length).Trim().Equals(BodyType, StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            return false;
        }

        var reader = new Utf8JsonReader(line, Json);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
