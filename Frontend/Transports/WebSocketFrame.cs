using System.Buffers.Binary;
using System.Text;

namespace OrleansGateway.Transports;

/// <summary>A whole message as one unmasked WebSocket frame (RFC 6455, section 5.2).</summary>
internal static class WebSocketFrame
{
    private const byte Final = 0x80;

    /// <summary>A text message: <paramref name="body"/> is UTF-8.</summary>
    public static byte[] Text(ReadOnlySpan<byte> body) => Of(1, body);

    /// <summary>A binary message.</summary>
    public static byte[] Binary(ReadOnlySpan<byte> body) => Of(2, body);

    /// <summary>A ping, to which the client answers with a pong.</summary>
    public static byte[] Ping() => Of(9, []);

    /// <summary>The answer to a ping: the same <paramref name="payload"/>, of at most 125 bytes.</summary>
    public static byte[] Pong(ReadOnlySpan<byte> payload) => Of(10, payload);

    /// <summary>The last frame: nothing comes after it.</summary>
    public static byte[] Close(in WebSocketClose close)
    {
        var payload = new byte[2 + Encoding.UTF8.GetByteCount(close.Description)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)close.Status);
        Encoding.UTF8.GetBytes(close.Description, payload.AsSpan(2));
        return Of(8, payload);
    }

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
