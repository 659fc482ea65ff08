using Microsoft.Extensions.Logging;
using OrleansGateway.Cluster;
using OrleansGateway.Logs;

namespace OrleansGateway.Channels;

/// <summary>Asks all nodes at once for the channels, and puts together what they say. Who does not answer soon is left out, unless all depends on it.</summary>
internal sealed partial class ChannelDirectory(
    IGrainFactory grains, IClusterMembershipService membership, IChannelCatalog catalog, TimeProvider time, ILogger<ChannelDirectory> logger) : IChannelDirectory
{
    /// <summary>How long a node may take.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>How long one may take that could be the only one to know of a channel.</summary>
    internal static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(2);

    public async Task<ChannelListing> List(string prefix, string after, int limit)
    {
        var channels = new List<ChannelSummary>();
        var missing = new SortedSet<string>(NodeNameComparer.Instance);
        for (var count = limit + 1; ;)
        {
            var asking = Ask(x => x.ListChannels(prefix, after, count), Patience);
            var kept = catalog.IsShared ? (await catalog.List(prefix, after, count)).Select(x => new NodeChannel(x.Channel, 0, x)) : [];
            var (answers, silent) = await asking;
            missing.UnionWith(silent);

            // Whoever had more to say than so many said all that comes before the last of them.
            var merged = NodeChannels.Merge(answers.SelectMany(x => x).Concat(kept)).Take(count).ToList();
            foreach (var channel in (await Complete(merged)).Where(IsActive))
            {
                if (channels.Count == limit)
                {
                    return new ChannelListing(channels, channels[^1].Name, [.. missing]);
                }

                channels.Add(channel);
            }

            if (merged.Count < count)
            {
                return new ChannelListing(channels, null, [.. missing]);
            }

            after = merged[^1].Name;
        }
    }

    public async Task<ChannelFinding> Find(string channel)
    {
        var finding = await Find(channel, Patience);
        return finding is { Channel: null, Missing.Count: > 0 } ? await Find(channel, LongPatience) : finding;
    }

    private async Task<ChannelFinding> Find(string channel, TimeSpan patience)
    {
        var (answers, missing) = await Ask(x => x.FindChannel(channel), patience);
        var found = (await Complete([.. NodeChannels.Merge(answers.Append(new NodeChannel(channel, 0, null)))]))[0];
        return new ChannelFinding(IsActive(found) ? found : null, missing);
    }

    private static bool IsActive(ChannelSummary channel) => channel.Subscribers > 0 || channel.Messages > 0;

    /// <summary>Adds what the nodes share.</summary>
    private async Task<List<ChannelSummary>> Complete(List<NodeChannel> channels)
    {
        var unknown = catalog.IsShared ? channels.FindAll(x => x.Kept is null).ConvertAll(x => x.Name) : [];
        var found = unknown.Count == 0 ? [] : (await catalog.Find(unknown)).OfType<KeptMessages>().ToDictionary(x => x.Channel, StringComparer.Ordinal);
        return channels.ConvertAll(x => (x.Kept ?? found.GetValueOrDefault(x.Name)) is { } kept
            ? new ChannelSummary(
                x.Name,
                x.Subscribers,
                kept.Count > 0 ? new MessageId(kept.Epoch, kept.Oldest) : null,
                new MessageId(kept.Epoch, kept.Newest),
                kept.Count,
                kept.Bytes)
            : new ChannelSummary(x.Name, x.Subscribers, null, null, 0, 0));
    }

    private async Task<(List<T> Answers, List<string> Missing)> Ask<T>(Func<INodeGrain, Task<T>> ask, TimeSpan patience)
        where T : class
    {
        var nodes = membership.CurrentSnapshot.Members.Values.Where(x => x.Status is SiloStatus.Active or SiloStatus.ShuttingDown).ToList();
        var answers = await Task.WhenAll(nodes.Select(AskOne));
        return ([.. answers.OfType<T>()], [.. nodes.Zip(answers).Where(x => x.Second is null).Select(x => x.First.Name)]);

        async Task<T?> AskOne(ClusterMember node)
        {
            try
            {
                return await ask(grains.GetGrain<INodeGrain>(node.SiloAddress.ToParsableString())).WaitAsync(patience, time);
            }
            catch (Exception exception)
            {
                LogMissing(exception, node.Name);
                return null;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Node} did not say what it knows of the channels")]
    private partial void LogMissing(Exception exception, string node);
}
