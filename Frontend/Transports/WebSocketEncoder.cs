using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>One WebSocket message a message, text or binary: the same bytes serve every client.</summary>
internal sealed class WebSocketEncoder : MessageEncoder
{
    public override string Name => "ws";

    public override int Index => 2;

    public override byte[] Encode(RelayEntry entry)
    {
        var body = entry.Message.Body.Span;
        return MessageText.IsText(entry.Message) ? WebSocketFrame.Text(body) : WebSocketFrame.Binary(body);
    }
}
