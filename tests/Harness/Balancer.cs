using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Tests.Harness;

/// <summary>
/// One address for all nodes: a TCP proxy that gives each connection to the first node, in the order of their numbers, that accepts
/// it, and ends it when the node or the client does. It knows nothing of HTTP.
/// </summary>
internal sealed class Balancer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri[] _nodes;
    private readonly Task _running;

    public Balancer(params Uri[] nodes)
    {
        _nodes = nodes;
        _listener.Start();
        _running = Accept();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Accept()
    {
        while (true)
        {
            _ = Serve(await _listener.AcceptSocketAsync(_stop.Token));
        }
    }

    private async Task Serve(Socket client)
    {
        using (client)
        {
            if (await Connect() is not { } node)
            {
                return;
            }

            using (node)
            {
                // Either one's end is the end of both.
                await Task.WhenAny(Copy(client, node), Copy(node, client));
            }
        }
    }

    private async Task<Socket?> Connect()
    {
        foreach (var node in _nodes)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(node.Host, node.Port, _stop.Token);
                return socket;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private async Task Copy(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent..count), _stop.Token);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }
}
