using System.Buffers.Binary;
using System.Text;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>WebSocket frames byte by byte (RFC 6455, section 5.2), for what no client library would send.</summary>
internal static class RawFrames
{
    /// <summary>A client's frame, masked with zeros.</summary>
    /// <param name="first">Its first byte: FIN, reserved bits, opcode.</param>
    /// <param name="payload">What it carries.</param>
    public static byte[] Masked(byte first, ReadOnlySpan<byte> payload)
    {
        var length = new byte[payload.Length < 126 ? 1 : payload.Length <= ushort.MaxValue ? 3 : 9];
        switch (length.Length)
        {
            case 1:
                length[0] = (byte)payload.Length;
                break;
            case 3:
                length[0] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(length.AsSpan(1), (ushort)payload.Length);
                break;
            default:
                length[0] = 127;
                BinaryPrimitives.WriteInt64BigEndian(length.AsSpan(1), payload.Length);
                break;
        }

        length[0] |= 0x80;
        return [first, .. length, 0, 0, 0, 0, .. payload];
    }

    /// <summary>Opens a WebSocket, sends bytes, and reads until the server ends the connection.</summary>
    /// <returns>The status line, and the code of the server's close frame, or null where none came.</returns>
    public static async Task<(string Status, int? Close)> Send(Uri node, string channel, byte[] bytes, string? origin = null)
    {
        var answer = await RawHttp.Send(
            node,
            $"GET /{channel} HTTP/1.1\nHost: {node.Authority}\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
                + (origin is null ? string.Empty : $"\nOrigin: {origin}"),
            bytes);
        var head = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (answer[..answer.IndexOf('\r')], CloseCode(Encoding.Latin1.GetBytes(answer[(head + 4)..])));
    }

    private static int? CloseCode(ReadOnlySpan<byte> frames)
    {
        // The server's frames are not masked, and those of these tests are short.
        while (frames.Length >= 2 && frames.Length >= 2 + frames[1])
        {
            if ((frames[0] & 0xf) == 8)
            {
                return frames[1] < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(frames[2..]);
            }

            frames = frames[(2 + frames[1])..];
        }

        return null;
    }
}
