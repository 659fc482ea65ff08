using System.Net.WebSockets;
using System.Text.Json;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>Reads JSON objects, one a line over HTTP or one a message over a WebSocket.</summary>
internal static class JsonClient
{
    public static async Task<JsonElement> Next(StreamReader lines)
    {
        var line = await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.NotNull(line);
        return JsonDocument.Parse(line).RootElement;
    }

    public static async Task<JsonElement> Receive(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (buffer, text) = (new byte[4096], new MemoryStream());
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            text.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonDocument.Parse(text.ToArray()).RootElement;
    }

    public static async Task<ClientWebSocket> Connect(Uri node, string target)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("other");
        socket.Options.AddSubProtocol("gateway.json");
        await socket.ConnectAsync(new Uri($"ws://{node.Authority}/{target}"), CancellationToken.None);
        Assert.Equal("gateway.json", socket.SubProtocol);
        return socket;
    }
}
