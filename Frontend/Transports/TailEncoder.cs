using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Channels;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The tail viewer, <c>multipart/x-mixed-replace</c>: each part replaces the one before.</summary>
/// <remarks>
/// A part is closed by its boundary at once, since Firefox shows it only then. Chromium shows one only when the head of the next has come: there each
/// part is sent twice, or an image would always be one behind, and the only one never seen.
/// </remarks>
internal class TailEncoder(int index, bool isTwice) : MessageEncoder
{
    private const string Boundary = "orleansgateway-next";
    private static readonly byte[] Opening = "--orleansgateway-next\r\n"u8.ToArray();

    /// <summary>The type of the response.</summary>
    public const string ContentType = "multipart/x-mixed-replace; boundary=" + Boundary;

    public override string Name => "tail";

    /// <summary>
    /// The type of the response for whoever asks. Firefox, which shows text, takes the charset of each part from here, not from the part's own type
    /// (seen in 153), and only behind the boundary; others take all that comes there for the boundary. So it is for pages alone (Fetch Metadata, <c>Sec-Fetch-Dest</c>).
    /// </summary>
    public static string ContentTypeFor(HttpRequest request) =>
        request.Headers["Sec-Fetch-Dest"].ToString() is "document" or "iframe" or "frame" ? ContentType + "; charset=utf-8" : ContentType;

    /// <summary>That for whoever asks. Chromium is known by the <c>image/apng</c> in what its images accept.</summary>
    public static MessageEncoder For(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("image/apng", StringComparison.OrdinalIgnoreCase) ? TailTwice : Tail;

    public override int Index => index;

    public override bool NewestOnly => true;

    /// <summary>Opens the first part.</summary>
    public override byte[] EncodeOpen(in Standing at) => Opening;

    public override byte[] Encode(RelayEntry entry) => Part(ShownAs(entry.Message), entry.Message.Body.Span);

    protected byte[] Part(string type, ReadOnlySpan<byte> body)
    {
        byte[] part = [.. Encoding.ASCII.GetBytes($"Content-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body, .. "\r\n"u8, .. Opening];
        return isTwice ? [.. part, .. part] : part;
    }

    // Nothing that a browser would run: raster images keep their type, other text is plain.
    private static string ShownAs(in ChannelMessage message) =>
        MessageText.IsRasterImage(message.ContentType) ? MessageText.MediaOf(message.ContentType).ToString().ToLowerInvariant()
        : MessageText.IsText(message) ? MessageText.TextType
        : MessageText.BinaryType;
}
