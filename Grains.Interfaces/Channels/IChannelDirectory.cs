namespace OrleansGateway.Channels;

/// <summary>The channels of the cluster that have a message or a subscriber. Looking makes none, and takes none over.</summary>
public interface IChannelDirectory
{
    /// <summary>Lists them, in the order of <see cref="ChannelNameOrder"/>.</summary>
    /// <param name="prefix">What the names begin with; may be empty.</param>
    /// <param name="after">The name after which to begin; empty for the first.</param>
    /// <param name="limit">The most that are listed, at least 1.</param>
    Task<ChannelListing> List(string prefix, string after, int limit);

    /// <summary>Finds one.</summary>
    /// <returns>No channel where it has neither a message nor a subscriber as far as is known: where nodes are missing, they might know more.</returns>
    Task<ChannelFinding> Find(string channel);
}

/// <summary>Counts the subscribers that this node serves.</summary>
public interface ISubscriberCounts
{
    /// <summary>The channels with subscribers here, in no order, and how many there are.</summary>
    IEnumerable<KeyValuePair<string, int>> All { get; }

    /// <summary>How many a channel has here.</summary>
    int CountOf(string channel);
}

/// <summary>A part of the list of channels.</summary>
/// <param name="Channels">The channels.</param>
/// <param name="Next">The name after which the list goes on, or null at its end.</param>
/// <param name="Missing">The nodes that did not answer in time, by name: what only they know is left out.</param>
public sealed record ChannelListing(IReadOnlyList<ChannelSummary> Channels, string? Next, IReadOnlyList<string> Missing);

/// <summary>A channel that was looked for.</summary>
/// <param name="Channel">The channel, or null.</param>
/// <param name="Missing">The nodes that did not answer in time, by name: what only they know is left out.</param>
public sealed record ChannelFinding(ChannelSummary? Channel, IReadOnlyList<string> Missing);

/// <summary>What there is of a channel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Subscribers">Its subscribers on all nodes.</param>
/// <param name="First">The oldest message that is kept; null where none is.</param>
/// <param name="Last">The newest message, also where it is no longer kept; null where nobody knows it.</param>
/// <param name="Messages">How many messages are kept.</param>
/// <param name="Bytes">How many bytes they take.</param>
public sealed record ChannelSummary(string Name, int Subscribers, MessageId? First, MessageId? Last, long Messages, long Bytes);
