using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>The WebSocket subprotocol <c>gateway.json</c>: the JSON objects, each as a text message.</summary>
internal sealed class JsonWebSocketEncoder : MessageEncoder
{
    /// <summary>The subprotocol's name, in which case matters (RFC 6455, section 11.5).</summary>
    public const string Subprotocol = "gateway.json";

    public override string Name => Subprotocol;

    public override int Index => 5;

    // Pages do not see a ping, so it has keep-alives too.
    public override TimeSpan? KeepAliveEvery { get; } = TimeSpan.FromSeconds(15);

    public override byte[] Encode(RelayEntry entry) => WebSocketFrame.Text(JsonEvent.Message(entry));

    public override byte[] EncodeGap(Gap gap) => WebSocketFrame.Text(JsonEvent.Gap(gap));

    public override byte[] EncodeOpen(in Standing at) => WebSocketFrame.Text(JsonEvent.Standing("open", at));

    public override byte[] EncodeKeepAlive(in Standing at) => WebSocketFrame.Text(JsonEvent.Standing("keepalive", at));

    public override byte[] EncodeEnd(in Standing at, EndReason reason) => WebSocketFrame.Text(JsonEvent.Standing("end", at, NameOf(reason)));
}
