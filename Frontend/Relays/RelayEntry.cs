using OrleansGateway.Channels;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>A message in a relay. Each form of it is encoded once, when first asked for, and shared by all who send it.</summary>
internal sealed class RelayEntry
{
    private readonly byte[]?[] _encoded = new byte[MessageEncoder.Count][];

    /// <summary>A message.</summary>
    public RelayEntry(string channel, string epoch, in ChannelMessage message)
    {
        Channel = channel;
        Epoch = epoch;
        Message = message;
    }

    /// <summary>Stands in the place of messages that are lost for good, or between the messages of two epochs.</summary>
    public RelayEntry(Gap gap)
    {
        Channel = gap.Channel;
        Epoch = gap.Resumed.Epoch;
        Message = new ChannelMessage(gap.Resumed.Offset, 0, null, default);
        Gap = gap;
    }

    public string Channel { get; }

    public string Epoch { get; }

    public ChannelMessage Message { get; }

    /// <summary>What is missing here, or null for a message.</summary>
    public Gap? Gap { get; }

    public MessageId Id => new(Epoch, Message.Offset);

    /// <summary>The bytes of the message in a form, or null where the form has no way to say it (a gap).</summary>
    public byte[]? Encoded(MessageEncoder encoder)
    {
        ref var bytes = ref _encoded[encoder.Index];
        return bytes ??= Gap is null ? encoder.Encode(this) : encoder.EncodeGap(Gap);
    }
}

/// <summary>Messages that a subscriber asked for or was due and that are no longer kept.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="After">The id after which they are missing.</param>
/// <param name="Resumed">The id after which it goes on.</param>
/// <param name="Missed">How many, or null where that cannot be known.</param>
internal sealed record Gap(string Channel, MessageId After, MessageId Resumed, long? Missed);
