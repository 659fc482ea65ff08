using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Relays;

namespace OrleansGateway.Tests.Unit.Transports;

/// <summary>Makes entries of a relay.</summary>
internal static class Entries
{
    public static RelayEntry Of(byte[] body, string? type = null, long offset = 1, string epoch = "aaaa") =>
        new(epoch, new ChannelMessage(offset, 0, type, body));

    public static RelayEntry Of(string text, string? type = null, long offset = 1, string epoch = "aaaa") =>
        Of(Encoding.UTF8.GetBytes(text), type, offset, epoch);

    public static Gap Gap(string after, string resumed, long? missed = null, string channel = "a/b")
    {
        Assert.True(MessageId.TryParse(after, out var from));
        Assert.True(MessageId.TryParse(resumed, out var to));
        return new Gap(channel, from, to, missed);
    }
}
