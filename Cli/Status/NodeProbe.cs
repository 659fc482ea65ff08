using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Cli.Status;

/// <summary>
/// Asks a node once how it is. By hand and with HTTP/1.0, which ends with the connection: the first request of an
/// <see cref="HttpClient"/> takes longer than all else that <c>gateway status</c> does.
/// </summary>
internal static class NodeProbe
{
    private const int MostBytes = 4 * 1024 * 1024;
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();

    /// <summary>What it says to <c>/-/health/ready</c>: the status code, or null when it does not answer in time.</summary>
    public static async Task<HttpStatusCode?> ReadyAsync(IPEndPoint node, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        (await GetAsync(node, "/-/health/ready", timeout, cancellationToken))?.Status;

    /// <summary>The cluster as a node sees it; null when it does not answer in time, or not in the right form.</summary>
    public static async Task<ClusterReport?> ClusterAsync(IPEndPoint node, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        await GetAsync(node, "/-/cluster", timeout, cancellationToken) is { Status: HttpStatusCode.OK } answer ? ClusterReport.Parse(answer.Body) : null;

    /// <summary>What it answers to a <c>GET</c>; null when it does not in time.</summary>
    public static async Task<Answer?> GetAsync(IPEndPoint node, string path, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            using var socket = new Socket(node.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(node, limit.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: {node}\r\n\r\n"), limit.Token);
            return Answer.Parse(await ReadAllAsync(socket, limit.Token));
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            if (length == buffer.Length)
            {
                if (length >= MostBytes)
                {
                    return default;
                }

                Array.Resize(ref buffer, length * 2);
            }
        }

        return buffer.AsMemory(0, length);
    }

    /// <summary>An answer of HTTP/1.x whose body ends with the connection.</summary>
    internal sealed record Answer(HttpStatusCode Status, ReadOnlyMemory<byte> Body)
    {
        /// <summary>Reads it; null when it is something else.</summary>
        public static Answer? Parse(ReadOnlyMemory<byte> bytes)
        {
            const int Version = 9, Code = 3;
            var head = bytes.Span.IndexOf(EndOfHead);
            return head >= 0
                && bytes.Span.StartsWith("HTTP/1."u8)
                && bytes.Length >= Version + Code
                && int.TryParse(bytes.Span.Slice(Version, Code), out var status)
                    ? new Answer((HttpStatusCode)status, bytes[(head + EndOfHead.Length)..])
                    : null;
        }
    }
}
