namespace OrleansGateway.Channels;

/// <summary>What a reader has to do with a batch that arrived.</summary>
internal enum BatchVerdict
{
    /// <summary>Nothing: it comes from an owner that was replaced, or all of it was seen.</summary>
    Drop,

    /// <summary>Take it, without the messages up to <see cref="ChannelTracker.Offset"/>.</summary>
    Take,

    /// <summary>Messages before it are missing: read those first.</summary>
    Hole,

    /// <summary>It begins another epoch: call <see cref="ChannelTracker.Enter"/>, then look again.</summary>
    NewEpoch,
}

/// <summary>A reader's place in a channel, and the decision what to do with what arrives. Without any waiting, so that it can be tested alone.</summary>
internal struct ChannelTracker
{
    /// <summary>The newest term seen.</summary>
    public long Term { get; private set; }

    /// <summary>The epoch that is read, or null before the start.</summary>
    public string? Epoch { get; private set; }

    /// <summary>The last offset taken.</summary>
    public long Offset { get; private set; }

    /// <summary>Goes to a place, at the start or in a new epoch.</summary>
    public void Enter(long term, string epoch, long offset) => (Term, Epoch, Offset) = (term, epoch, offset);

    /// <summary>Judges a batch. A later term of the same epoch is adopted; nothing else changes.</summary>
    public BatchVerdict Judge(MessageBatch batch)
    {
        if (batch.Term < Term)
        {
            return BatchVerdict.Drop;
        }

        if (batch.Epoch != Epoch)
        {
            return BatchVerdict.NewEpoch;
        }

        Term = batch.Term;
        return batch.LastOffset <= Offset ? BatchVerdict.Drop
            : batch.FirstOffset > Offset + 1 ? BatchVerdict.Hole
            : BatchVerdict.Take;
    }

    /// <summary>Notes that everything up to <paramref name="offset"/> was taken.</summary>
    public void Advance(long offset) => Offset = Math.Max(Offset, offset);
}
