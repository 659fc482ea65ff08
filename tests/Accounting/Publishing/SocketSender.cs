using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Accounting.Histories;
using OrleansGateway.Tests.Accounting.Subscribing;

namespace OrleansGateway.Tests.Accounting.Publishing;

/// <summary>Publishes by a WebSocket that speaks <c>gateway.json</c>, which answers each publish by its <c>ref</c>.</summary>
internal sealed class SocketSender(GatewayNodes nodes) : ISender
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private ClientWebSocket? _socket;
    private (int Node, string Channel) _at;
    private int _refs;

    public async Task<Sent> Send(Publication publication, IReadOnlyList<byte[]> bodies, string type, int node)
    {
        var begun = Stopwatch.GetTimestamp();
        var reference = $"{++_refs}";
        Sent Over(Outcome outcome, string answer, Id? id = null) =>
            new(new Attempt(node, begun, Stopwatch.GetTimestamp(), outcome, id, id, answer));
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            var socket = await Connect(node, publication.Channel, patience.Token);
            var message = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string?>
            {
                ["publish"] = Encoding.UTF8.GetString(bodies.Single()), ["type"] = type, ["key"] = publication.Key, ["ref"] = reference,
            }.Where(x => x.Value is not null).ToDictionary());
            await socket.SendAsync(message, WebSocketMessageType.Text, true, patience.Token);
            while (await SocketMessages.Receive(socket, patience.Token) is { } received)
            {
                // It is subscribed too: what others publish comes between.
                using var json = JsonDocument.Parse(received);
                if (!json.RootElement.TryGetProperty("ref", out var answered) || answered.GetString() != reference)
                {
                    continue;
                }

                return json.RootElement.GetProperty("event").GetString() == "ack"
                    ? Over(Outcome.Acknowledged, "ack", Id.Parse(json.RootElement.GetProperty("id").GetString()!))
                    : Over(json.RootElement.GetProperty("status").GetInt32() == 503 ? Outcome.Unknown : Outcome.Refused, json.RootElement.ToString());
            }

            Hang();
            return Over(Outcome.Unknown, $"closed with {socket.CloseStatus} {socket.CloseStatusDescription}");
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            Hang();
            return Over(Outcome.Unknown, exception is OperationCanceledException ? "no answer in time" : exception.Message);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            Hang();
            return Over(Outcome.Refused, exception.Message);
        }
    }

    public ValueTask DisposeAsync()
    {
        Hang();
        return ValueTask.CompletedTask;
    }

    private async Task<ClientWebSocket> Connect(int node, string channel, CancellationToken cancellationToken)
    {
        if (_socket is { State: WebSocketState.Open } open && _at == (node, channel))
        {
            return open;
        }

        Hang();
        _at = (node, channel);
        _socket = new ClientWebSocket();
        _socket.Options.AddSubProtocol("gateway.json");
        await _socket.ConnectAsync(new UriBuilder(new Uri(nodes.Address(node), channel)) { Scheme = "ws" }.Uri, cancellationToken);
        return _socket;
    }

    private void Hang()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
