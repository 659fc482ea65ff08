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

    /// <summary>Takes all there is, and checks that it was cut: what came are the messages up to there, and no last chunk says that this is all.</summary>
    public async Task CheckCut(TimeSpan patience)
    {
        var (messages, isFinished) = await Take(patience);
        Assert.False(isFinished, $"{_form}: a last chunk came after {messages} messages");
        Assert.True(messages > 0, $"{_form}: nothing came");
    }

    /// <summary>Takes all there is up to the last chunk or the cut, and checks that it is what was published, without a hole; where it is finished, no message is in pieces.</summary>
    /// <returns>How many messages, the one in pieces included, and whether there was a last chunk.</returns>
    public async Task<(int Messages, bool IsFinished)> Take(TimeSpan patience)
    {
        var bytes = new MemoryStream();
        await TakeAll(bytes).WaitAsync(patience);
        var (body, isFinished) = Unframe(Encoding.Latin1.GetString(bytes.ToArray()));
        return (CheckMessages(body, isFinished), isFinished);
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

    private (string Body, bool IsFinished) Unframe(string text)
    {
        // What is cut off is not copied: of some megabytes in chunks of 4 KB that would take minutes.
        var body = new StringBuilder();
        var chunks = text.AsSpan();
        while (chunks.Length > 0)
        {
            var line = chunks.IndexOf("\r\n");
            if (line < 0)
            {
                Assert.Matches("^[0-9a-f]{1,8}\r?$", chunks.ToString());
                break;
            }

            Assert.Matches("^[0-9a-f]{1,8}$", chunks[..line].ToString());
            var length = int.Parse(chunks[..line], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            chunks = chunks[(line + 2)..];
            body.Append(chunks[..Math.Min(length, chunks.Length)]);
            chunks = chunks[Math.Min(length, chunks.Length)..];
            Assert.True("\r\n".AsSpan().StartsWith(chunks[..Math.Min(2, chunks.Length)]), $"{_form}: after a chunk came '{Start(chunks)}'");
            if (length == 0 && chunks.Length >= 2)
            {
                Assert.Equal("\r\n", chunks.ToString());
                return (body.ToString(), true);
            }

            chunks = chunks[Math.Min(2, chunks.Length)..];
        }

        return (body.ToString(), false);
    }

    private int CheckMessages(string body, bool isFinished)
    {
        var prefix = _form == "sse" ? "data: " : string.Empty;
        var messages = body.Split('\n').Where(x => x.StartsWith(prefix, StringComparison.Ordinal)).Select(x => x[prefix.Length..]).Where(x => x is [>= 'A' and <= 'Z', ..]).ToArray();
        for (var i = 0; i < messages.Length; i++)
        {
            var expected = Message(i);
            var mayBeInPieces = i == messages.Length - 1 && !isFinished;
            Assert.True(
                messages[i] == (mayBeInPieces ? expected[..Math.Min(messages[i].Length, expected.Length)] : expected),
                $"{_form}: message {i} of {messages.Length} has {messages[i].Length} bytes and begins '{Start(messages[i])}'; {(isFinished ? "a last chunk came" : "it was cut")}");
        }

        return messages.Length;
    }

    private static string Start(ReadOnlySpan<char> text) => text[..Math.Min(text.Length, 40)].ToString();
}
