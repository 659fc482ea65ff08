using OrleansGateway.Channels;

namespace OrleansGateway.Transports;

/// <summary>Where a subscription stands.</summary>
/// <param name="Channel">Its channel.</param>
/// <param name="Id">The last id that it was sent, or after which it begins; null before the channel was reached.</param>
/// <param name="TimeMs">When, in ms since 1970.</param>
internal readonly record struct Standing(string Channel, MessageId? Id, long TimeMs);
