using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>A message's bytes and a newline.</summary>
internal sealed class RawEncoder : MessageEncoder
{
    private static readonly byte[] Newline = [(byte)'\n'];

    public override string Name => "raw";

    public override int Index => 0;

    public override TimeSpan? KeepAliveEvery { get; } = TimeSpan.FromSeconds(5);

    public override byte[] Encode(RelayEntry entry) => [.. entry.Message.Body.Span, (byte)'\n'];

    public override byte[] EncodeOpen(in Standing at) => Newline;

    public override byte[] EncodeKeepAlive(in Standing at) => Newline;
}
