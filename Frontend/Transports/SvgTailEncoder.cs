using System.Text;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The tail viewer for an <c>&lt;img&gt;</c> in any browser: what is no raster image is drawn as one.</summary>
/// <remarks>
/// Chromium shows a part only when the head of the next one is there, so a drawn part comes twice; and of another origin's image it first wants
/// to see a kilobyte (opaque response blocking), so the first part's head is that long.
/// </remarks>
internal sealed class SvgTailEncoder : TailEncoder
{
    private static readonly byte[] Padding = Encoding.ASCII.GetBytes($"X-Padding: {new string('.', 1024)}\r\n");

    public override string Name => "tail.svg";

    public override int Index => 6;

    public override byte[] EncodeOpen(in Standing at) => [.. base.EncodeOpen(at), .. Padding];

    public override byte[] Encode(RelayEntry entry)
    {
        if (MessageText.IsRasterImage(entry.Message.ContentType))
        {
            return base.Encode(entry);
        }

        var part = Part("image/svg+xml", SvgDrawing.Draw(entry.Message));
        return [.. part, .. part];
    }
}
