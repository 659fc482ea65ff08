using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Bench.Load;

/// <summary>Publishes much, over a few connections with several requests under way on each (HTTP/1.1 pipelining).</summary>
internal static class BulkPublisher
{
    private const int Connections = 64;
    private const int Depth = 32;

    /// <summary>Publishes one message after the other over one connection, so that they have their order.</summary>
    public static Task InOrder(int port, string channel, int count, Func<int, string> body) => Publish(port, count, 0, 1, _ => channel, body);

    /// <summary>Publishes one message to each of many channels.</summary>
    public static Task ToEach(int port, int channels, Func<int, string> name) =>
        Task.WhenAll(Enumerable.Range(0, Connections).Select(x => Task.Run(() => Publish(port, channels, x, Connections, name, static _ => "x"))));

    private static async Task Publish(int port, int count, int first, int step, Func<int, string> channel, Func<int, string> body)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var (requests, answers) = (new StringBuilder(), new Answers(socket));
        for (var i = first; i < count;)
        {
            var under = 0;
            for (requests.Clear(); under < Depth && i < count; under++, i += step)
            {
                var text = body(i);
                requests.Append(CultureInfo.InvariantCulture, $"POST /{channel(i)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\n\r\n{text}");
            }

            await socket.SendAsync(Encoding.ASCII.GetBytes(requests.ToString()));
            await answers.Take(under);
        }
    }

    /// <summary>Reads answers that have a length.</summary>
    private sealed class Answers(Socket socket)
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _length;

        public async Task Take(int count)
        {
            while (count > 0)
            {
                var taken = 0;
                for (int bytes; count > 0 && (bytes = WholeAnswer(_buffer.AsSpan(taken.._length))) > 0; count--)
                {
                    taken += bytes;
                }

                _buffer.AsSpan(taken.._length).CopyTo(_buffer);
                _length -= taken;
                if (count > 0)
                {
                    var read = await socket.ReceiveAsync(_buffer.AsMemory(_length));
                    _length += read > 0 ? read : throw new EndOfStreamException("The node closed the connection.");
                }
            }
        }

        private static int WholeAnswer(ReadOnlySpan<byte> bytes)
        {
            var head = bytes.IndexOf("\r\n\r\n"u8);
            if (head < 0)
            {
                return 0;
            }

            var at = bytes.IndexOf("Content-Length: "u8);
            if (!bytes.StartsWith("HTTP/1.1 200"u8) || at < 0 || at > head)
            {
                throw new InvalidDataException(Encoding.ASCII.GetString(bytes));
            }

            var rest = bytes[(at + "Content-Length: "u8.Length)..];
            var whole = head + 4 + int.Parse(rest[..rest.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
            return whole <= bytes.Length ? whole : 0;
        }
    }
}
