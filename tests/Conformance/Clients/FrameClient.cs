using System.Buffers.Binary;
using System.Text;

namespace OrleansGateway.Tests.Conformance.Clients;

/// <summary>A WebSocket frame by frame (RFC 6455, section 5.2), so that all can be sent that no client library would.</summary>
internal sealed class FrameClient : IDisposable
{
    public const byte Continuation = 0x0;
    public const byte Text = 0x1;
    public const byte Binary = 0x2;
    public const byte Close = 0x8;
    public const byte Ping = 0x9;
    public const byte Pong = 0xa;
    public const byte Final = 0x80;

    /// <summary>The key of RFC 6455, section 1.3, and what it is answered with.</summary>
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    public const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static readonly byte[] Mask = [0x37, 0xfa, 0x21, 0x3d];

    private readonly Connection _connection;

    private FrameClient(Connection connection, Head head) => (_connection, Head) = (connection, head);

    /// <summary>What the handshake was answered with.</summary>
    public Head Head { get; }

    public static Task<FrameClient> Open(Uri node, string target, params string[] headers) => Open(node, target, [], headers);

    /// <summary>Opens one, with frames that go in the same write as the handshake, before it is answered.</summary>
    public static async Task<FrameClient> Open(Uri node, string target, byte[] frames, params string[] headers)
    {
        string[] lines =
        [
            $"GET {target} HTTP/1.1", $"Host: {node.Authority}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", $"Sec-WebSocket-Key: {Key}", .. headers,
        ];
        var connection = await Connection.Open(node);
        await connection.SendBytes((byte[])[.. Encoding.Latin1.GetBytes(string.Join("\r\n", lines)), .. "\r\n\r\n"u8, .. frames]);
        return new FrameClient(connection, await connection.ReadHead());
    }

    /// <summary>A client's frame, masked.</summary>
    /// <param name="first">Its first byte: FIN, reserved bits, opcode.</param>
    /// <param name="payload">What it carries.</param>
    public static byte[] Frame(int first, ReadOnlySpan<byte> payload)
    {
        var masked = payload.ToArray();
        for (var i = 0; i < masked.Length; i++)
        {
            masked[i] ^= Mask[i % 4];
        }

        return [.. Announce(first, payload.Length), .. masked];
    }

    public static byte[] Frame(int first, string payload) => Frame(first, Encoding.UTF8.GetBytes(payload));

    /// <summary>The head of a frame alone: its payload is to follow.</summary>
    public static byte[] Announce(int first, long length)
    {
        byte[] size = length switch
        {
            < 126 => [(byte)length],
            <= ushort.MaxValue => [126, (byte)(length >> 8), (byte)length],
            _ => [127, .. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(length))],
        };
        size[0] |= 0x80;
        return [(byte)first, .. size, .. Mask];
    }

    public Task Send(params byte[][] frames) => _connection.SendBytes(frames.SelectMany(x => x).ToArray());

    public Task SendByteByByte(byte[] bytes) => SendInPieces(bytes, 1);

    public async Task SendInPieces(byte[] bytes, int size)
    {
        foreach (var piece in bytes.Chunk(size))
        {
            await _connection.SendBytes(piece);
            await Task.Yield();
        }
    }

    /// <summary>Reads a frame: its first byte, and what it carries.</summary>
    public async Task<(byte First, byte[] Payload)> Read()
    {
        var head = await _connection.ReadExactly(2);
        Assert.True(head[1] < 0x80, "a server's frame is not masked (RFC 6455, section 5.1)");
        var length = head[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await _connection.ReadExactly(2)),
            127 => (int)BinaryPrimitives.ReadUInt64BigEndian(await _connection.ReadExactly(8)),
            var small => small,
        };
        return (head[0], await _connection.ReadExactly(length));
    }

    public async Task<(int First, string Text)> ReadText()
    {
        var (first, payload) = await Read();
        return (first, Encoding.UTF8.GetString(payload));
    }

    /// <summary>Reads up to the server's close frame, ends this half of the connection too, and reads up to its end.</summary>
    /// <returns>The code and the reason; 1005 where there is none.</returns>
    public Task<(int Code, string Reason)> ReadClose() => FindClose().WaitAsync(Connection.Patience);

    public void EndSending() => _connection.EndSending();

    public Task<byte[]> ReadToEnd() => _connection.ReadToEnd();

    public void Dispose() => _connection.Dispose();

    private async Task<(int Code, string Reason)> FindClose()
    {
        while (true)
        {
            var (first, payload) = await Read();
            if (first == (Final | Close))
            {
                Assert.NotEqual(1, payload.Length);
                _connection.EndSending();
                Assert.Empty(await _connection.ReadToEnd());
                return payload.Length == 0 ? (1005, string.Empty) : (BinaryPrimitives.ReadUInt16BigEndian(payload), new UTF8Encoding(false, true).GetString(payload.AsSpan(2)));
            }
        }
    }
}
