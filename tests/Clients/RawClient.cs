using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Clients;

/// <summary>A subscriber by one TCP connection that the test has in its hands: it asks, reads the first bytes, and then only takes what comes.</summary>
internal sealed class RawClient : IDisposable
{
    /// <summary>Each way to subscribe.</summary>
    public static readonly string[] Transports = ["raw", "json", "sse", "tail", "ws", "gateway.json", "poll"];

    private readonly Socket _socket;

    private RawClient(string name, Socket socket) => (Name, _socket, Local) = (name, socket, (IPEndPoint)socket.LocalEndPoint!);

    public string Name { get; }

    /// <summary>Its end, which the node sees as the other one.</summary>
    public IPEndPoint Local { get; }

    /// <summary>Subscribes.</summary>
    /// <param name="socket">A new socket, perhaps of another network.</param>
    /// <param name="node">Where.</param>
    /// <param name="channel">To which channel.</param>
    /// <param name="transport">One of <see cref="Transports"/>.</param>
    public static async Task<RawClient> Open(Socket socket, Uri node, string channel, string transport)
    {
        await socket.ConnectAsync(IPAddress.Parse(node.Host), node.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Request(node, channel, transport)));
        var client = new RawClient($"{transport} of {channel}", socket);
        if (transport != "poll")
        {
            await client.ReadUntil(transport is "ws" or "gateway.json" ? " 101 " : " 200 ");
        }

        return client;
    }

    public static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Takes what comes and answers nothing.</summary>
    public async Task Take()
    {
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Closes in good order.</summary>
    public void Dispose() => _socket.Dispose();

    /// <summary>Closes by a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    private static string Request(Uri node, string channel, string transport) => transport switch
    {
        "poll" => $"GET /{channel}?poll=1&since=none&wait=5m HTTP/1.1\r\nHost: {node.Authority}\r\n\r\n",
        "ws" or "gateway.json" =>
            $"GET /{channel} HTTP/1.1\r\nHost: {node.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
            $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{(transport == "ws" ? string.Empty : "Sec-WebSocket-Protocol: gateway.json\r\n")}\r\n",
        _ => $"GET /{channel}?as={transport} HTTP/1.1\r\nHost: {node.Authority}\r\n\r\n",
    };

    private async Task ReadUntil(string status)
    {
        var (seen, buffer) = (string.Empty, new byte[4096]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!seen.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await _socket.ReceiveAsync(buffer, patience.Token);
            Assert.NotEqual(0, count);
            seen += Encoding.Latin1.GetString(buffer, 0, count);
        }

        Assert.Contains(status, seen.Split("\r\n")[0], StringComparison.Ordinal);
    }
}
