using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Reporting;
using OrleansGateway.Bench.Servers;

namespace OrleansGateway.Bench.Cases;

/// <summary>From the start of a node's process to the first delivery to a subscriber that tries all the time.</summary>
internal static class Start
{
    private const string Case = "start";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task Run(Measurement measurement)
    {
        // The first one reads the files from the disk.
        foreach (var round in measurement.Rounds.Prepend(0))
        {
            foreach (var storage in new[] { "memory", "local" })
            {
                var ms = await Once(measurement.Setup, storage);
                if (round > 0)
                {
                    measurement.Add(Case, string.Empty, $"gateway {storage}", round, new Figures { [Figure.Ms] = ms });
                }
            }
        }

        foreach (var name in new[] { "gateway memory", "gateway local" })
        {
            measurement.Report.AtMost(Case, $"{name}: to the first delivery", measurement.Report.Median(Case, string.Empty, name, Figure.Ms), 2000, "ms");
        }
    }

    private static async Task<double> Once(Setup setup, string storage)
    {
        using var turn = await Turn.Take();
        using var limit = new CancellationTokenSource(Limit);
        var state = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var start = Stopwatch.GetTimestamp();
            using var node = Child.Start(state, null, Gateway.Command(setup, storage, slot: 0, node: 1, state));
            using var subscriber = await Connect(Ports.Http(0), node, limit.Token);
            using var publisher = await Connect(Ports.Http(0), node, limit.Token);
            await Send(subscriber, "GET /start/first?as=raw HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", limit.Token);
            await Until(subscriber, "\r\n\r\n", limit.Token);
            await Send(publisher, "POST /start/first HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nfirst", limit.Token);
            await Until(subscriber, "first", limit.Token);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static async Task<Socket> Connect(int port, Child node, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
                node.ThrowIfEnded();
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private static async Task Send(Socket socket, string text, CancellationToken cancellationToken) => await socket.SendAsync(Encoding.ASCII.GetBytes(text), cancellationToken);

    private static async Task Until(Socket socket, string text, CancellationToken cancellationToken)
    {
        var (buffer, seen) = (new byte[4096], string.Empty);
        while (!seen.Contains(text, StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, cancellationToken);
            seen += read > 0 ? Encoding.ASCII.GetString(buffer, 0, read) : throw new EndOfStreamException($"The node closed the connection after: {seen}");
        }
    }
}
