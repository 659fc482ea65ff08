using System.Text;
using Orleans.Core.Internal;
using Orleans.Runtime.Placement;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>A channel that a test has for itself.</summary>
internal sealed class TestChannel(GatewayCluster cluster, string name)
{
    public string Name => name;

    /// <summary>The channel as the client outside of the cluster reaches it.</summary>
    public IChannelGrain Grain { get; } = cluster.Client.GetGrain<IChannelGrain>(name);

    /// <summary>The channel as a node reaches it.</summary>
    public IChannelGrain From(Node node) => node.Client.GetGrain<IChannelGrain>(name);

    public Task<Node?> Holder() => cluster.HolderOf(Grain);

    /// <summary>Follows it from a node.</summary>
    public Task<(ChannelFollower Follower, RecordingSink Sink)> Follow(Node node) => Follow(node.Client);

    /// <summary>Follows it from outside of the cluster.</summary>
    public Task<(ChannelFollower Follower, RecordingSink Sink)> FollowFromOutside() => Follow(cluster.Client);

    public async Task<PublishResult> Publish(params string[] texts)
    {
        var result = await Grain.Publish(Request(texts));
        Assert.Equal(PublishStatus.Accepted, result.Status);
        return result;
    }

    /// <summary>Ends the grain so that its log is lost, as with the death of its node.</summary>
    public async Task Lose()
    {
        var before = await Grain.GetPosition();
        await Grain.Cast<IGrainManagementExtension>().DeactivateOnIdle();
        await Eventually.TrueAsync(async () => (await Grain.GetPosition()).Epoch != before.Epoch, "another epoch");
    }

    /// <summary>Moves the grain to a node, with all that it knows.</summary>
    public async Task Move(Node target)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, target.Address);
        await Grain.Cast<IGrainManagementExtension>().MigrateOnIdle();
        RequestContext.Clear();
        await Eventually.TrueAsync(async () => await Holder() == target, $"{name} is on {target.Name}");
    }

    public static PublishRequest Request(params string[] texts) => Request(0, texts);

    public static PublishRequest Request(long sourceTerm, params string[] texts) =>
        new([.. texts.Select(x => new MessageDraft("text/plain", Encoding.UTF8.GetBytes(x)))], sourceTerm);

    private async Task<(ChannelFollower Follower, RecordingSink Sink)> Follow(IClusterClient client)
    {
        var sink = new RecordingSink();
        var follower = new ChannelFollower(client, name, sink);
        await follower.StartAsync();
        return (follower, sink);
    }
}
