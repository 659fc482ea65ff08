using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The tail viewer, <c>multipart/x-mixed-replace</c>: each part replaces the one before.</summary>
/// <remarks>A part is closed by its boundary at once, since a browser shows it only then.</remarks>
internal class TailEncoder : MessageEncoder
{
    private const string Boundary = "orleansgateway-next";
    private static readonly byte[] Opening = "--orleansgateway-next\r\n"u8.ToArray();

    /// <summary>The type of the response.</summary>
    public const string ContentType = "multipart/x-mixed-replace; boundary=" + Boundary;

    public override string Name => "tail";

    public override int Index => 3;

    public override bool NewestOnly => true;

    /// <summary>Opens the first part.</summary>
    public override byte[] EncodeOpen(in Standing at) => Opening;

    public override byte[] Encode(RelayEntry entry) => Part(ShownAs(entry.Message), entry.Message.Body.Span);

    protected static byte[] Part(string type, ReadOnlySpan<byte> body) =>
        [.. Encoding.ASCII.GetBytes($"Content-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body, .. "\r\n"u8, .. Opening];

    // Nothing that a browser would run: raster images keep their type, other text is plain.
    private static string ShownAs(in ChannelMessage message) =>
        MessageText.IsRasterImage(message.ContentType) ? MessageText.MediaOf(message.ContentType).ToString().ToLowerInvariant()
        : MessageText.IsText(message) ? MessageText.TextType
        : MessageText.BinaryType;
}
