using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>Newline-delimited JSON: one object a line.</summary>
internal sealed class JsonEncoder : MessageEncoder
{
    /// <summary>The type of the response.</summary>
    public const string ContentType = "application/x-ndjson";

    public override string Name => "json";

    public override int Index => 4;

    public override TimeSpan? KeepAliveEvery { get; } = TimeSpan.FromSeconds(15);

    public override byte[] Encode(RelayEntry entry) => Line(JsonEvent.Message(entry));

    public override byte[] EncodeGap(Gap gap) => Line(JsonEvent.Gap(gap));

    public override byte[] EncodeOpen(in Standing at) => Line(JsonEvent.Standing("open", at));

    public override byte[] EncodeKeepAlive(in Standing at) => Line(JsonEvent.Standing("keepalive", at));

    public override byte[] EncodeEnd(in Standing at, EndReason reason) => Line(JsonEvent.Standing("end", at, NameOf(reason)));

    private static byte[] Line(ReadOnlySpan<byte> json) => [.. json, (byte)'\n'];
}
