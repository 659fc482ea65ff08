using System.Text;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;

namespace OrleansGateway.Presence;

/// <summary>How a node says its name in the channel <c>announce</c>, with <c> *</c> after it while it owns the bridge.</summary>
internal sealed class Announcement(LocalNode node, BridgeOwners bridges, IGrainFactory grains)
{
    public async Task<bool> Publish(long sourceTerm)
    {
        var text = bridges.OwnerOf(BridgeOptions.Numbers) is { } owner && owner.Equals(node.Address) ? $"{node.Description.Name} *" : node.Description.Name;
        var draft = new MessageDraft("text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));
        var result = await grains.GetGrain<IChannelGrain>(ChannelName.Announce).Publish(new PublishRequest([draft], sourceTerm));
        return result.Status == PublishStatus.Accepted;
    }
}
