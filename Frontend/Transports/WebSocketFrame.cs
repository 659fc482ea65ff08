using System.Buffers.Binary;

namespace OrleansGateway.Transports;

/// <summary>A whole message as one unmasked WebSocket frame (RFC 6455, section 5.2).</summary>
internal static class WebSocketFrame
{
    private const byte Final = 0x80;

    /// <summary>A text message: <paramref name="body"/> is UTF-8.</summary>
    public static byte[] Text(ReadOnlySpan<byte> body) => Of(1, body);

    /// <summary>A binary message.</summary>
    public static byte[] Binary(ReadOnlySpan<byte> body) => Of(2, body);

    private static byte[] Of(byte opcode, ReadOnlySpan<byte> body)
    {
        var head = body.Length < 126 ? 2 : body.Length <= ushort.MaxValue ? 4 : 10;
        var frame = new byte[head + body.Length];
        frame[0] = (byte)(Final | opcode);
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
