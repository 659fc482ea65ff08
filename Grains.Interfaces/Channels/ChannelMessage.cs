namespace OrleansGateway.Channels;

/// <summary>One message of a channel, as a reader sees it. Its bytes are shared: nobody writes to them.</summary>
/// <param name="Offset">Its place in its epoch, from 1.</param>
/// <param name="TimeMs">When the gateway accepted it, in milliseconds since 1970 (UTC). It never goes back within a channel.</param>
/// <param name="ContentType">As it was published; null where the publisher gave none.</param>
/// <param name="Body">The bytes as they came.</param>
public readonly record struct ChannelMessage(long Offset, long TimeMs, string? ContentType, ReadOnlyMemory<byte> Body);

/// <summary>What a publisher hands in: a message that has no number yet.</summary>
/// <param name="ContentType">The media type, or null.</param>
/// <param name="Body">Any bytes. The array belongs to the gateway from here on.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.MessageDraft")]
public readonly record struct MessageDraft([property: Id(0)] string? ContentType, [property: Id(1)] byte[] Body);
