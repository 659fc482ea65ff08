using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>A message's bytes and a newline.</summary>
internal sealed class RawEncoder : MessageEncoder
{
    public override int Index => 0;

    public override TimeSpan? KeepAliveEvery { get; } = TimeSpan.FromSeconds(5);

    public override ReadOnlySpan<byte> KeepAlive => "\n"u8;

    public override byte[] Encode(RelayEntry entry) => [.. entry.Message.Body.Span, (byte)'\n'];
}
