using OrleansGateway.Channels;
using OrleansGateway.Relays;

namespace OrleansGateway.Bench.Micro;

/// <summary>Messages as a relay has them.</summary>
internal static class Entries
{
    public static RelayEntry Of(int bytes, long offset = 1) =>
        new("bench/micro", "e1", new ChannelMessage(offset, 1_700_000_000_000, "text/plain; charset=utf-8", Text(bytes)));

    public static byte[] Text(int bytes)
    {
        var text = new byte[bytes];
        text.AsSpan().Fill((byte)'x');
        return text;
    }
}
