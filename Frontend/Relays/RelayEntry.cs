using OrleansGateway.Channels;
using OrleansGateway.Transports;

namespace OrleansGateway.Relays;

/// <summary>A message in a relay. Each form of it is encoded once, when first asked for, and shared by all who send it.</summary>
internal sealed class RelayEntry
{
    private readonly byte[]?[] _encoded = new byte[MessageEncoder.Count][];

    /// <summary>A message.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="message">It.</param>
    /// <param name="cursor">What resumes a subscription to several channels after it, or null where its id does.</param>
    public RelayEntry(string channel, string epoch, in ChannelMessage message, string? cursor = null)
    {
        (Channel, Epoch, Message, Cursor) = (channel, epoch, message, cursor);
    }

    /// <summary>Stands in the place of messages that are lost for good, or between the messages of two epochs.</summary>
    /// <param name="gap">It.</param>
    /// <param name="resumed">The id in the channel after which it goes on.</param>
    /// <param name="cursor">What resumes a subscription to several channels after it, or null.</param>
    public RelayEntry(Gap gap, MessageId resumed, string? cursor = null)
        : this(gap.Channel, resumed.Epoch, new ChannelMessage(resumed.Offset, 0, null, default), cursor) => Gap = gap;

    public string Channel { get; }

    public string Epoch { get; }

    public ChannelMessage Message { get; }

    /// <summary>What is missing here, or null for a message.</summary>
    public Gap? Gap { get; }

    public MessageId Id => new(Epoch, Message.Offset);

    /// <summary>What a subscription to several channels resumes by, or null.</summary>
    public string? Cursor { get; }

    /// <summary>What a client resumes by.</summary>
    public string ResumeId => Cursor ?? Id.ToString();

    /// <summary>The bytes of the message in a form, or null where the form has no way to say it (a gap).</summary>
    public byte[]? Encoded(MessageEncoder encoder)
    {
        ref var bytes = ref _encoded[encoder.Index];
        return bytes ??= Gap is null ? encoder.Encode(this) : encoder.EncodeGap(Gap);
    }
}

/// <summary>Messages that a subscriber asked for or was due and that are no longer kept.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="After">The id, or the cursor of several channels, after which they are missing.</param>
/// <param name="Resumed">That after which it goes on.</param>
/// <param name="Missed">How many, or null where that cannot be known.</param>
internal sealed record Gap(string Channel, string After, string Resumed, long? Missed)
{
    /// <summary>A gap in one channel.</summary>
    public Gap(string channel, MessageId after, MessageId resumed, long? missed)
        : this(channel, after.ToString(), resumed.ToString(), missed)
    {
    }
}
