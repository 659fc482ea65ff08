using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;

namespace OrleansGateway.Bench;

/// <summary>One subscriber over one transport: calls back with each message's text.</summary>
internal sealed class Subscription : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 10_000 });
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;

    public static async Task<Subscription> Open(Uri node, string channel, string transport, Action<string> onMessage)
    {
        var subscription = new Subscription();
        subscription._reading = transport == "ws"
            ? subscription.ReadWebSocket(await Connect(node, channel), onMessage)
            : subscription.ReadLines(await Http.GetStreamAsync(new Uri(node, $"/{channel}?as={transport}")), transport == "sse" ? "data: " : string.Empty, onMessage);
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static async Task<ClientWebSocket> Connect(Uri node, string channel)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(new Uri(node, channel)) { Scheme = "ws" }.Uri, CancellationToken.None);
        return socket;
    }

    private async Task ReadWebSocket(ClientWebSocket socket, Action<string> onMessage)
    {
        using (socket)
        {
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer.AsMemory(), _stop.Token) is { MessageType: not WebSocketMessageType.Close } message)
            {
                onMessage(Encoding.ASCII.GetString(buffer, 0, message.Count));
            }
        }
    }

    private async Task ReadLines(Stream stream, string prefix, Action<string> onMessage)
    {
        var reader = PipeReader.Create(stream);
        while (true)
        {
            var read = await reader.ReadAsync(_stop.Token);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(buffer.Slice(0, end));
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                if (line.Length > 0 && line.StartsWith(prefix, StringComparison.Ordinal))
                {
                    onMessage(line[prefix.Length..]);
                }
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
