using System.Buffers.Binary;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>One unmasked WebSocket frame a message, text or binary (RFC 6455, section 5.2): the same bytes serve every client.</summary>
internal sealed class WebSocketEncoder : MessageEncoder
{
    private const byte Final = 0x80;
    private const byte Text = 1;
    private const byte Binary = 2;

    public override int Index => 2;

    public override byte[] Encode(RelayEntry entry)
    {
        var body = entry.Message.Body.Span;
        var head = body.Length < 126 ? 2 : body.Length <= ushort.MaxValue ? 4 : 10;
        var frame = new byte[head + body.Length];
        frame[0] = (byte)(Final | (MessageText.IsText(entry.Message) ? Text : Binary));
        switch (head)
        {
            case 2:
                frame[1] = (byte)body.Length;
                break;
            case 4:
                frame[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)body.Length);
                break;
            default:
                frame[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)body.Length);
                break;
        }

        body.CopyTo(frame.AsSpan(head));
        return frame;
    }
}
