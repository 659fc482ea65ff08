using OrleansGateway.Channels;

namespace OrleansGateway.Transports;

/// <summary>Where a subscription stands.</summary>
/// <param name="Channel">Its channel, or its selection of several.</param>
/// <param name="Id">The last id or cursor that it was sent, or after which it begins; null before the channel was reached.</param>
/// <param name="TimeMs">When, in ms since 1970.</param>
internal readonly record struct Standing(string Channel, string? Id, long TimeMs)
{
    /// <summary>Where a subscription to one channel stands.</summary>
    public Standing(string channel, MessageId id, long timeMs)
        : this(channel, id.ToString(), timeMs)
    {
    }
}
