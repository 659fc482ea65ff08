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

    /// <summary>Whether a browser shows it as it is, and runs nothing of it.</summary>
    public static bool IsShownByBrowsers(ReadOnlySpan<char> type) =>
        MediaOf(type) is var media
        && (IsRasterImage(media)
            || media.StartsWith("audio/", StringComparison.OrdinalIgnoreCase)
            || media.StartsWith("video/", StringComparison.OrdinalIgnoreCase)
            || media.Equals("text/plain", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/json", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether it is an image that is no document.</summary>
    public static bool IsRasterImage(ReadOnlySpan<char> type)
    {
        Span<char> media = stackalloc char["image/jpeg".Length];
        return MediaOf(type).ToLowerInvariant(media) is > 0 and var length
            && media[..length] is "image/png" or "image/jpeg" or "image/gif" or "image/webp" or "image/avif" or "image/bmp";
    }

    /// <summary><c>text/*</c>, JSON, XML, <c>+json</c>, <c>+xml</c>, and what <c>curl -d</c> sends.</summary>
    public static bool IsTextType(ReadOnlySpan<char> type)
    {
        var media = MediaOf(type);
        return media.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase)
            || media.EndsWith("+xml", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/xml", StringComparison.OrdinalIgnoreCase)
            || media.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A type without its parameters.</summary>
    public static ReadOnlySpan<char> MediaOf(ReadOnlySpan<char> type) => (type.IndexOf(';') is >= 0 and var end ? type[..end] : type).Trim();
}
