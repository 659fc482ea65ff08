using System.Net.WebSockets;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>Whole messages of a WebSocket.</summary>
internal static class SocketMessages
{
    /// <returns>Null when it was closed.</returns>
    public static async Task<byte[]?> Receive(ClientWebSocket socket, CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }
}
