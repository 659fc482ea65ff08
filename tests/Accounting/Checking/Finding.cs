namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>What must not be.</summary>
internal enum Fault
{
    /// <summary>An acknowledged message is in nobody's log.</summary>
    Lost,

    /// <summary>A message has two places in the log, or came twice.</summary>
    Doubled,

    /// <summary>Messages stand in another order than they were sent in, or came in another than they stand in.</summary>
    OutOfOrder,

    /// <summary>A subscriber misses a message between two that it got.</summary>
    Hole,

    /// <summary>A subscriber never got what came last.</summary>
    Unfinished,

    /// <summary>The gateway itself said that something is missing.</summary>
    Gap,

    /// <summary>The log began anew.</summary>
    EpochChanged,

    /// <summary>Two subscribers saw different messages under the same id.</summary>
    Diverged,

    /// <summary>The publisher was told another id than its message has.</summary>
    WrongId,

    /// <summary>A message that nobody sent.</summary>
    Phantom,

    /// <summary>A message's bytes are not as they were sent.</summary>
    Damaged,

    /// <summary>A batch is in the log in parts, or with something between.</summary>
    SplitBatch,

    /// <summary>A retry with the same key got another answer than the first.</summary>
    ChangedAnswer,

    /// <summary>A publish or subscription was answered what it must not be.</summary>
    Refused,

    /// <summary>A publisher with a key has no answer although all is healed.</summary>
    Unanswered,

    /// <summary>The time of a message is before that of the one before it.</summary>
    TimeWentBack,
}

/// <param name="Fault">What must not be.</param>
/// <param name="Text">Where, with the names and ids that it takes to find it in the histories.</param>
internal sealed record Finding(Fault Fault, string Text)
{
    public override string ToString() => $"{Fault}: {Text}";
}
