using System.Text.Unicode;
using OrleansGateway.Channels;

namespace OrleansGateway.Transports;

/// <summary>Says whether a message is text: the same on every transport.</summary>
internal static class MessageText
{
    /// <summary>The type of text that has none of its own.</summary>
    public const string TextType = "text/plain; charset=utf-8";

    /// <summary>The type of bytes that have none of their own.</summary>
    public const string BinaryType = "application/octet-stream";

    /// <summary>Whether its type says so, or it has none, and its bytes are UTF-8.</summary>
    public static bool IsText(in ChannelMessage message) =>
        (message.ContentType is null || IsTextType(message.ContentType)) && Utf8.IsValid(message.Body.Span);

    /// <summary><c>text/*</c>, JSON, XML, <c>+json</c>, <c>+xml</c>, and what <c>curl -d</c> sends.</summary>
    public static bool IsTextType(ReadOnlySpan<char> type)
    {
        var media = (type.IndexOf(';') is >= 0 and var end ? type[..end] : type).Trim();
        return media.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase)
            || media.EndsWith("+xml", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/xml", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
    }
}
