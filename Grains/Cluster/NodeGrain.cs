using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansGateway.Channels;
using OrleansGateway.Presence;

namespace OrleansGateway.Cluster;

/// <summary>One node, by the address of its silo: what the others ask it.</summary>
[Alias("OrleansGateway.INodeGrain")]
internal interface INodeGrain : IGrainWithStringKey
{
    /// <summary>
    /// What the node says of itself, and what it knows of others: so a node learns where those were that died before it started, whose pages
    /// are still open and come to it.
    /// </summary>
    [Alias("Describe"), AlwaysInterleave]
    Task<ImmutableDictionary<SiloAddress, NodeDescription>> Describe();

    /// <summary>Lets the node say its name in the channel <c>announce</c>.</summary>
    /// <returns>Whether the announcement stands; false where another announcer has the channel.</returns>
    [Alias("Announce"), AlwaysInterleave]
    Task<bool> Announce(long sourceTerm);

    /// <summary>The channels that the node has something to say of, see <see cref="NodeChannels"/>.</summary>
    [Alias("ListChannels"), AlwaysInterleave]
    Task<NodeChannel[]> ListChannels(string prefix, string after, int count);

    /// <summary>What the node has to say of one channel.</summary>
    [Alias("FindChannel"), AlwaysInterleave]
    Task<NodeChannel> FindChannel(string channel);

    /// <summary>Waits until channels are opened on the node, see <see cref="LocalChannels.WaitForMore"/>.</summary>
    [Alias("WaitForChannels"), AlwaysInterleave]
    Task<OpenedChannels> WaitForChannels(long count, TimeSpan atMost);

    /// <summary>Whether the node was told to stop, which others learn from the membership only when it has given its grains away.</summary>
    [Alias("IsLeaving"), AlwaysInterleave]
    Task<bool> IsLeaving();
}

/// <summary>A node's own words.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Http">Its HTTP address, or null where it serves none.</param>
/// <param name="Since">When it started.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.NodeDescription")]
internal sealed record NodeDescription([property: Id(0)] string Name, [property: Id(1)] string? Http, [property: Id(2)] DateTimeOffset Since);

/// <inheritdoc cref="INodeGrain"/>
[SiloPlacement, Immovable]
internal sealed class NodeGrain(
    LocalNode node, ClusterView view, Announcement announcement, NodeChannels channels, LocalChannels local, IHostApplicationLifetime lifetime) : Grain, INodeGrain
{
    public Task<ImmutableDictionary<SiloAddress, NodeDescription>> Describe() => Task.FromResult(view.Known.SetItem(node.Address, node.Description));

    public Task<bool> Announce(long sourceTerm) => announcement.Publish(sourceTerm);

    public Task<NodeChannel[]> ListChannels(string prefix, string after, int count) => channels.List(prefix, after, count);

    public Task<NodeChannel> FindChannel(string channel) => channels.Find(channel);

    public Task<OpenedChannels> WaitForChannels(long count, TimeSpan atMost) => local.WaitForMore(count, atMost);

    public Task<bool> IsLeaving() => Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested);
}
