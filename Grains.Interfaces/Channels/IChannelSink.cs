namespace OrleansGateway.Channels;

/// <summary>Where a <see cref="ChannelFollower"/> puts what it reads: one call at a time, in the channel's order.</summary>
public interface IChannelSink
{
    /// <summary>Takes messages. The channel's owner is told to slow down while this is under way and much is waiting.</summary>
    /// <param name="batch">Messages, of which those up to <paramref name="after"/> were delivered before.</param>
    /// <param name="after">The offset after which the new ones begin.</param>
    ValueTask OnMessages(MessageBatch batch, long after);

    /// <summary>
    /// The messages of one delivery were taken: they may go on their way together. The channel's owner is told to slow down while this is under
    /// way and much is waiting.
    /// </summary>
    ValueTask Flush() => ValueTask.CompletedTask;

    /// <summary>The channel's log was lost or deleted, and the next messages are of another epoch.</summary>
    /// <param name="before">The id before the first message of the new epoch.</param>
    /// <param name="deleted">Whether it is known that somebody deleted it.</param>
    ValueTask OnEpoch(MessageId before, bool deleted);

    /// <summary>Messages that should have come are no longer kept.</summary>
    /// <param name="after">The last id delivered.</param>
    /// <param name="resumed">The id after which it goes on, in the same epoch.</param>
    ValueTask OnGap(MessageId after, MessageId resumed);
}
