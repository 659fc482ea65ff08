using System.Text;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The tail viewer, <c>multipart/x-mixed-replace</c>: each part replaces the one before.</summary>
/// <remarks>A part is closed by its boundary at once, since a browser shows it only then.</remarks>
internal sealed class TailEncoder : MessageEncoder
{
    private const string Boundary = "orleansgateway-next";
    private static readonly byte[] Opening = "--orleansgateway-next\r\n"u8.ToArray();

    /// <summary>The type of the response. Firefox takes the charset of each part from here, not from the part's own type (seen in 153).</summary>
    public const string ContentType = "multipart/x-mixed-replace; boundary=" + Boundary + "; charset=utf-8";

    public override int Index => 3;

    public override bool NewestOnly => true;

    /// <summary>Opens the first part.</summary>
    public override byte[] EncodeOpen(in Standing at) => Opening;

    public override byte[] Encode(RelayEntry entry)
    {
        var body = entry.Message.Body.Span;
        var head = $"Content-Type: {ShownAs(entry)}\r\nContent-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body, .. "\r\n"u8, .. Opening];
    }

    // Nothing that a browser would run: raster images keep their type, other text is plain.
    private static string ShownAs(RelayEntry entry)
    {
        var type = entry.Message.ContentType;
        var media = (type?.IndexOf(';') is >= 0 and var end ? type[..end] : type)?.Trim().ToLowerInvariant();
        return media is "image/png" or "image/jpeg" or "image/gif" or "image/webp" or "image/avif" or "image/bmp" ? media
            : MessageText.IsText(entry.Message) ? MessageText.TextType
            : MessageText.BinaryType;
    }
}
