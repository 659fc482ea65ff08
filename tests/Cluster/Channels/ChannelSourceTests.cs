using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

/// <summary>Fencing: what a source that was replaced still sends is never published.</summary>
[Collection(HealthyCluster.Name)]
public class ChannelSourceTests(GatewayCluster cluster)
{
    [Fact]
    public async Task OpenSource_New_ReplacesTheOneBefore()
    {
        var channel = await cluster.NewChannel();
        var first = await channel.Grain.OpenSource(0);
        Assert.Equal(PublishStatus.Accepted, await Publish(channel, first, "1"));
        var second = await channel.Grain.OpenSource(0);
        Assert.True(second > first);

        Assert.Equal(PublishStatus.StaleSource, await Publish(channel, first, "stale"));
        Assert.Equal(PublishStatus.StaleSource, await Publish(channel, second + 1, "of nobody"));
        Assert.Equal(PublishStatus.Accepted, await Publish(channel, second, "2"));
        Assert.Equal(2, (await channel.Grain.GetPosition()).Newest);
    }

    [Fact]
    public async Task OpenSource_ItsTermAgain_IsGrantedToTheNewestAlone()
    {
        var channel = await cluster.NewChannel();
        var first = await channel.Grain.OpenSource(0);
        var second = await channel.Grain.OpenSource(0);
        Assert.Equal(0, await channel.Grain.OpenSource(first));
        Assert.Equal(second, await channel.Grain.OpenSource(second));
        Assert.Equal(PublishStatus.Accepted, await Publish(channel, second, "1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenSource_AfterTheChannelMoved_IsGrantedToTheNewestAlone(bool losesItsLog)
    {
        var channel = await cluster.NewChannel();
        var first = await channel.Grain.OpenSource(0);
        var second = await channel.Grain.OpenSource(0);
        await (losesItsLog ? channel.Lose() : channel.Move(cluster.Nodes[1]));

        if (losesItsLog)
        {
            // It does not know of any source yet.
            Assert.Equal(PublishStatus.StaleSource, await Publish(channel, second, "too early"));
        }

        Assert.Equal(second, await channel.Grain.OpenSource(second));
        Assert.Equal(0, await channel.Grain.OpenSource(first));
        Assert.Equal(PublishStatus.StaleSource, await Publish(channel, first, "stale"));
        Assert.Equal(PublishStatus.Accepted, await Publish(channel, second, "1"));

        // Whoever comes new has a later term than all before.
        Assert.True(await channel.Grain.OpenSource(0) > second);
    }

    [Fact]
    public async Task OpenSource_OldTermFirstAfterTheLogWasLost_GivesWayToTheNewer()
    {
        var channel = await cluster.NewChannel();
        var first = await channel.Grain.OpenSource(0);
        var second = await channel.Grain.OpenSource(0);
        await channel.Lose();
        Assert.Equal(first, await channel.Grain.OpenSource(first));
        Assert.Equal(second, await channel.Grain.OpenSource(second));
        Assert.Equal(PublishStatus.StaleSource, await Publish(channel, first, "stale"));
    }

    [Theory]
    [InlineData(ChannelName.Numbers)]
    [InlineData(ChannelName.Announce)]
    public async Task Publish_ToAChannelOfTheGatewayItself_IsRefused(string name)
    {
        var channel = cluster.Client.GetGrain<IChannelGrain>(name);
        Assert.Equal(PublishStatus.ReadOnly, (await channel.Publish(TestChannel.Request("7"))).Status);
        Assert.Equal(PublishStatus.ReadOnly, (await cluster.Nodes[2].Client.GetGrain<IChannelGrain>(name).Publish(TestChannel.Request("7"))).Status);
        Assert.Equal(PublishStatus.StaleSource, (await channel.Publish(TestChannel.Request(1, "7"))).Status);
    }

    private static async Task<PublishStatus> Publish(TestChannel channel, long term, string text) =>
        (await channel.Grain.Publish(TestChannel.Request(term, text))).Status;
}
