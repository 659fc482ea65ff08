using OrleansGateway.Channels;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>A message in a relay. Each form of it is encoded once, when first asked for, and shared by all who send it.</summary>
internal sealed class RelayEntry
{
    private readonly byte[]?[] _encoded = new byte[MessageEncoder.Count][];

    /// <summary>A message.</summary>
    public RelayEntry(string epoch, in ChannelMessage message)
    {
        Epoch = epoch;
        Message = message;
    }

    /// <summary>Stands in the place of messages that are lost for good: between two of the same epoch.</summary>
    public RelayEntry(Gap gap)
    {
        Epoch = gap.Resumed.Epoch;
        Message = new ChannelMessage(gap.Resumed.Offset, 0, null, default);
        Gap = gap;
    }

    public string Epoch { get; }

    public ChannelMessage Message { get; }

    /// <summary>What is missing here, or null for a message.</summary>
    public Gap? Gap { get; }

    public MessageId Id => new(Epoch, Message.Offset);

    /// <summary>The bytes of the message in a form, or null where the form has no way to say it (a gap).</summary>
    public byte[]? Encoded(MessageEncoder encoder)
    {
        ref var bytes = ref _encoded[encoder.Index];
        return bytes ??= Gap is null ? encoder.Encode(this) : encoder.EncodeGap(Gap.Value);
    }
}

/// <summary>Messages that a subscriber asked for or was due and that are no longer kept.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="After">The id after which they are missing.</param>
/// <param name="Resumed">The id after which it goes on.</param>
/// <param name="Missed">How many, or null where that cannot be known.</param>
internal readonly record struct Gap(string Channel, MessageId After, MessageId Resumed, long? Missed);
