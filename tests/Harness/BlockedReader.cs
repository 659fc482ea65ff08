using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Harness;

/// <summary>A subscriber over HTTP/1.1 with little room, which takes nothing until it is told to take what there is.</summary>
internal sealed class BlockedReader : IDisposable
{
    /// <summary>More than its socket and the node's hold together.</summary>
    public const int TooMuch = 12;

    private const int RoomBytes = 4096;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = RoomBytes };
    private readonly string _form;

    private BlockedReader(string form) => _form = form;

    /// <summary>Subscribes, and takes the answer's head alone.</summary>
    public static async Task<BlockedReader> Open(Uri node, string channel, string form)
    {
        var reader = new BlockedReader(form);
        await reader._socket.ConnectAsync(node.Host, node.Port);
        await reader._socket.SendAsync(Encoding.ASCII.GetBytes($"GET /{channel}?as={form} HTTP/1.1\r\nHost: {node.Authority}\r\n\r\n"));
        var (head, next) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.Equal(1, await reader._socket.ReceiveAsync(next));
            head.Append((char)next[0]);
        }

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head.ToString(), StringComparison.Ordinal);
        Assert.Contains("Transfer-Encoding: chunked\r\n", head.ToString(), StringComparison.Ordinal);
        return reader;
    }

    /// <summary>A message of 1 MiB, unlike those with other numbers.</summary>
    public static string Message(int number) => new((char)('A' + number), 1024 * 1024);

    /// <summary>Takes all there is, and checks that it was cut: what came are the messages up to there, and no last chunk.</summary>
    public async Task CheckCut(TimeSpan patience)
    {
        var bytes = new MemoryStream();
        await TakeAll(bytes).WaitAsync(patience);
        var body = new StringBuilder();
        var rest = Encoding.Latin1.GetString(bytes.ToArray());
        while (rest.Length > 0)
        {
            var line = rest.IndexOf("\r\n", StringComparison.Ordinal);
            if (line < 0)
            {
                Assert.Matches("^[0-9a-f]{1,8}\r?$", rest);
                break;
            }

            Assert.Matches("^[0-9a-f]{1,8}$", rest[..line]);
            var length = int.Parse(rest[..line], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Assert.True(length > 0, $"{_form}: a last chunk says that all came, after {body.Length} bytes");
            var chunk = rest[(line + 2)..];
            body.Append(chunk.AsSpan(0, Math.Min(length, chunk.Length)));
            var end = chunk[Math.Min(length, chunk.Length)..];
            Assert.True(end.Length < 2 ? "\r\n".StartsWith(end, StringComparison.Ordinal) : end.StartsWith("\r\n", StringComparison.Ordinal), $"{_form}: after a chunk came '{Start(end)}'");
            rest = end.Length < 2 ? string.Empty : end[2..];
        }

        CheckMessages(body.ToString());
    }

    public void Dispose() => _socket.Dispose();

    private async Task TakeAll(MemoryStream into)
    {
        // Otherwise it would take minutes.
        var buffer = new byte[64 * 1024];
        _socket.ReceiveBufferSize = 16 * buffer.Length;
        try
        {
            while (await _socket.ReceiveAsync(buffer) is > 0 and var count)
            {
                into.Write(buffer, 0, count);
                if (into.GetBuffer().AsSpan(0, (int)into.Length).EndsWith("\r\n0\r\n\r\n"u8))
                {
                    return;
                }
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // That is a cut too.
        }
    }

    private void CheckMessages(string body)
    {
        var prefix = _form == "sse" ? "data: " : string.Empty;
        var messages = body.Split('\n').Where(x => x.Length > prefix.Length && x.StartsWith(prefix, StringComparison.Ordinal)).Select(x => x[prefix.Length..]).ToArray();
        Assert.InRange(messages.Length, 1, TooMuch);
        for (var i = 0; i < messages.Length; i++)
        {
            var expected = Message(i);
            Assert.True(
                messages[i] == (i < messages.Length - 1 ? expected : expected[..Math.Min(messages[i].Length, expected.Length)]),
                $"{_form}: message {i} has {messages[i].Length} bytes and begins '{Start(messages[i])}'");
        }
    }

    private static string Start(string text) => text[..Math.Min(text.Length, 40)];
}
