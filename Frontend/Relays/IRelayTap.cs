using OrleansGateway.Channels;

namespace OrleansGateway.Relays;

/// <summary>Takes what comes to a channel's relay, in order, one call after the other.</summary>
internal interface IRelayTap
{
    /// <summary>How many subscribers it brings to a channel: those who named it.</summary>
    int SubscribersOf(string channel);

    /// <summary>Messages; those up to <paramref name="after"/> were there before.</summary>
    void OnMessages(string channel, MessageBatch batch, long after);

    /// <summary>The channel begins another epoch.</summary>
    void OnEpoch(string channel, MessageId before, bool deleted);

    /// <summary>Messages are missing for good.</summary>
    void OnGap(string channel, MessageId after, MessageId resumed);
}
