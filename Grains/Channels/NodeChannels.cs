using OrleansGateway.Logs;

namespace OrleansGateway.Channels;

/// <summary>What one node tells the others of the channels: the subscribers that it serves, and the messages that it alone has.</summary>
internal sealed class NodeChannels(IChannelCatalog catalog, IEnumerable<ISubscriberCounts> subscribers)
{
    /// <summary>Lists channels as <see cref="IChannelCatalog.List"/> does.</summary>
    public async Task<NodeChannel[]> List(string prefix, string after, int count)
    {
        var subscribed = subscribers.SelectMany(x => x.All)
            .Where(x => x.Key.StartsWith(prefix, StringComparison.Ordinal) && ChannelNameOrder.Instance.Compare(x.Key, after) > 0)
            .Select(x => new NodeChannel(x.Key, x.Value, null))
            .OrderBy(x => x.Name, ChannelNameOrder.Instance)
            .Take(count)
            .ToList();
        var kept = catalog.IsShared ? [] : (await catalog.List(prefix, after, count)).Select(x => new NodeChannel(x.Channel, 0, x));
        return [.. Merge(subscribed.Concat(kept)).Take(count)];
    }

    public async Task<NodeChannel> Find(string channel) => new(
        channel, subscribers.Sum(x => x.CountOf(channel)), catalog.IsShared ? null : (await catalog.Find([channel]))[0]);

    /// <summary>Puts together what was said of each channel, in the order of the names.</summary>
    public static IEnumerable<NodeChannel> Merge(IEnumerable<NodeChannel> channels) => channels
        .GroupBy(x => x.Name, StringComparer.Ordinal)
        .Select(x => new NodeChannel(x.Key, x.Sum(y => y.Subscribers), x.Select(y => y.Kept).MaxBy(y => y?.Newest)))
        .OrderBy(x => x.Name, ChannelNameOrder.Instance);
}

/// <summary>A channel as a node knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Subscribers">How many subscribers the node serves.</param>
/// <param name="Kept">What the node alone knows of its messages, or null.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.NodeChannel")]
internal sealed record NodeChannel([property: Id(0)] string Name, [property: Id(1)] int Subscribers, [property: Id(2)] KeptMessages? Kept);
