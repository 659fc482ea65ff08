namespace OrleansGateway.Cli.Top;

/// <summary>How one node was at a moment.</summary>
/// <param name="Name">Its name, or its address while that is not known.</param>
/// <param name="Address">Its address.</param>
/// <param name="AnswerTime">How long it took to answer; null when it did not.</param>
/// <param name="Status">Its status as the cluster sees it; null when nobody says.</param>
/// <param name="Since">Since when it has that.</param>
/// <param name="Bridge">Whether it owns the bridge of the numbers.</param>
/// <param name="Counters">What it counts; null when it did not say.</param>
internal sealed record NodeReading(string Name, Uri Address, TimeSpan? AnswerTime, string? Status, DateTimeOffset? Since, bool Bridge, NodeCounters? Counters);

/// <summary>How one channel was at a moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Subscribers">On all nodes.</param>
/// <param name="LastId">Its newest id; null when that is not known.</param>
/// <param name="Messages">How many are kept.</param>
/// <param name="Bytes">How many bytes they are in the log.</param>
internal sealed record ChannelReading(string Name, long Subscribers, string? LastId, long Messages, long Bytes);

/// <summary>How a cluster was at a moment.</summary>
/// <param name="Time">The moment.</param>
/// <param name="Nodes">Its nodes.</param>
/// <param name="Channels">Its channels; null when no node says.</param>
/// <param name="MoreChannels">Whether it has more than those.</param>
internal sealed record ClusterReading(DateTimeOffset Time, IReadOnlyList<NodeReading> Nodes, IReadOnlyList<ChannelReading>? Channels, bool MoreChannels);
