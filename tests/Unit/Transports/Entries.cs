using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

/// <summary>Makes entries of a relay.</summary>
internal static class Entries
{
    public static RelayEntry Of(byte[] body, string? type = null, long offset = 1, string epoch = "aaaa", long timeMs = 0) =>
        new("a/b", epoch, new ChannelMessage(offset, timeMs, type, body));

    public static RelayEntry Of(string text, string? type = null, long offset = 1, string epoch = "aaaa", long timeMs = 0) =>
        Of(Encoding.UTF8.GetBytes(text), type, offset, epoch, timeMs);

    public static Standing At(string id, long timeMs = 0, string channel = "a/b")
    {
        Assert.True(MessageId.TryParse(id, out var at));
        return new Standing(channel, at, timeMs);
    }

    public static Gap Gap(string after, string resumed, long? missed = null, string channel = "a/b")
    {
        Assert.True(MessageId.TryParse(after, out var from));
        Assert.True(MessageId.TryParse(resumed, out var to));
        return new Gap(channel, from, to, missed);
    }
}
