using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Bench.Load;

/// <summary>
/// Readers of what a channel keeps that do next to nothing with it, so that they are not the limit: they count a byte that each message
/// has once (<see cref="Mark"/>), and that is in no frame of messages of <see cref="MessageBytes"/> bytes. <see cref="Check"/> looks at the messages themselves.
/// </summary>
internal static class CatchUpReader
{
    public const int MessageBytes = 100;
    private const char Mark = '|';
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static string Message(int number) => $"{Mark}{number:D9}".PadRight(MessageBytes, 'x');

    /// <summary>Reads with many at once.</summary>
    /// <returns>The time from the first request to the last message, and how many messages were too many.</returns>
    public static async Task<(TimeSpan Time, long TooMany)> Read(int port, string channel, string form, int readers, int messages)
    {
        using var limit = new CancellationTokenSource(Limit);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < readers; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            }

            var request = Encoding.ASCII.GetBytes($"GET /{channel}?since=all HTTP/1.1\r\nHost: 127.0.0.1\r\n{(form == "ws" ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" : string.Empty)}\r\n");
            var start = Stopwatch.GetTimestamp();
            var counts = await Task.WhenAll(sockets.Select(x => Task.Run(() => Count(x, request, messages, limit.Token))));
            return (Stopwatch.GetElapsedTime(start), counts.Sum(x => x - messages));
        }
        finally
        {
            sockets.ForEach(x => x.Dispose());
        }
    }

    /// <summary>Reads once and looks whether all messages come, each once and in order.</summary>
    public static async Task<bool> Check(int port, string channel, int messages)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var client = new HttpClient();
        using var reader = new StreamReader(await client.GetStreamAsync(new Uri($"http://127.0.0.1:{port}/{channel}?since=all&as=raw"), limit.Token));
        for (var number = 0; number < messages;)
        {
            var line = await reader.ReadLineAsync(limit.Token);
            if (line?.Length > 0 && line != Message(number++))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<long> Count(Socket socket, byte[] request, int messages, CancellationToken cancellationToken)
    {
        await socket.SendAsync(request, cancellationToken);
        var (buffer, count) = (new byte[256 * 1024], 0L);
        while (count < messages)
        {
            var read = await socket.ReceiveAsync(buffer, cancellationToken);
            count += read > 0 ? buffer.AsSpan(0, read).Count((byte)Mark) : throw new EndOfStreamException($"The node closed the connection after {count} messages.");
        }

        return count;
    }
}
