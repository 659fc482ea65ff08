using System.Net;
using System.Net.WebSockets;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>A WebSocket, with ids (<c>gateway.json</c>) or without.</summary>
internal sealed class SocketTransport(bool withIds) : Transport
{
    public override string Name => withIds ? "gateway.json" : "ws";

    public override Promise Promise => withIds ? Promise.Everything : Promise.EverythingWhileConnected;

    public override async Task Read(Notes notes, CancellationToken cancellationToken)
    {
        using var socket = new ClientWebSocket();
        if (withIds)
        {
            socket.Options.AddSubProtocol("gateway.json");
        }

        socket.Options.CollectHttpResponseDetails = true;
        if (notes.ResumesByHeader)
        {
            socket.Options.SetRequestHeader("Last-Event-ID", notes.After!.Value.ToString());
        }

        try
        {
            await socket.ConnectAsync(new UriBuilder(notes.Address("as=ws")) { Scheme = "ws" }.Uri, cancellationToken);
        }
        catch (WebSocketException) when (socket.HttpStatusCode is not (0 or HttpStatusCode.SwitchingProtocols))
        {
            notes.Answered((int)socket.HttpStatusCode, "for a handshake");
            return;
        }

        notes.Alive();
        while (await SocketMessages.Receive(socket, cancellationToken) is { } message)
        {
            notes.Alive();
            if (withIds)
            {
                JsonEvents.Note(notes, message);
            }
            else
            {
                notes.Message(null, message);
            }
        }

        notes.Ended($"closed with {(int?)socket.CloseStatus} {socket.CloseStatusDescription}");
    }
}
