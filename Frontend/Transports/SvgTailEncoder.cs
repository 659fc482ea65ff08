using System.Text;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The tail viewer for an <c>&lt;img&gt;</c> in any browser: what is no raster image is drawn as one.</summary>
/// <remarks>
/// Each part comes twice for Chromium, as in <see cref="TailEncoder"/>; and of another origin's image it first wants to see a kilobyte (opaque
/// response blocking), so the first part's head is that long.
/// </remarks>
internal sealed class SvgTailEncoder() : TailEncoder(6, isTwice: true)
{
    private static readonly byte[] Padding = Encoding.ASCII.GetBytes($"X-Padding: {new string('.', 1024)}\r\n");

    public override string Name => "tail.svg";

    public override byte[] EncodeOpen(in Standing at) => [.. base.EncodeOpen(at), .. Padding];

    public override byte[] Encode(RelayEntry entry) => MessageText.IsRasterImage(entry.Message.ContentType)
        ? base.Encode(entry)
        : Part("image/svg+xml", SvgDrawing.Draw(entry.Message));
}
