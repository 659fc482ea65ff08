using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Storage;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

/// <summary>What channels there are, with the messages in memory, each on one node.</summary>
[Collection(HealthyCluster.Name)]
public sealed class MemoryChannelDirectoryTests(GatewayCluster cluster) : ChannelDirectoryTests(cluster)
{
    [Fact]
    public async Task Find_Channel_MakesNoGrain()
    {
        var name = $"{Prefix}nobody";
        var found = await Cluster.Nodes[2].Channels.Find(name);
        Assert.Null(found.Channel);
        Assert.Empty(found.Missing);
        Assert.Null(await Cluster.HolderOf(Cluster.Client.GetGrain<IChannelGrain>(name)));
    }
}

/// <summary>The same with the log in files.</summary>
public sealed class LoggedChannelDirectoryTests(LoggedCluster cluster) : ChannelDirectoryTests(cluster), IClassFixture<LoggedCluster>
{
    [Fact]
    public async Task Find_Channel_NeitherClaimsNorActivatesIt()
    {
        var channel = await Cluster.NewChannel();
        await channel.Publish("a");
        await channel.Grain.Cast<Orleans.Core.Internal.IGrainManagementExtension>().DeactivateOnIdle();
        await Eventually.TrueAsync(async () => await channel.Holder() is null, "it is inactive");
        var files = Cluster.Nodes[0].Services.GetRequiredService<LocalChannelLog>().Files;
        var terms = Terms();
        Assert.Equal(1, (await Cluster.Nodes[1].Channels.Find(channel.Name)).Channel!.Messages);
        Assert.Null((await Cluster.Nodes[1].Channels.Find($"{Prefix}nobody")).Channel);
        Assert.Null(await channel.Holder());
        Assert.Equal(terms, Terms());
        Assert.DoesNotContain(files.Files(), x => x.Read(y => y.IdOf($"{Prefix}nobody")) is not null);

        List<long> Terms() => files.Files().ConvertAll(x => x.Read(y => y.NewestTerm(channel.Name)));
    }
}

/// <summary>What all nodes together know of the channels, asked at any of them.</summary>
public abstract class ChannelDirectoryTests(GatewayCluster cluster)
{
    protected string Prefix { get; } = $"list/{Guid.NewGuid():N}/";

    protected GatewayCluster Cluster => cluster;

    [Fact]
    public async Task List_ChannelsOnAllNodes_AreMergedAndTheirSubscribersSummedUp()
    {
        for (var i = 0; i < 9; i++)
        {
            await Publish(cluster.Nodes[i % 3], $"{Prefix}{i}", i + 1);
        }

        cluster.Nodes[0].Subscribers[$"{Prefix}3"] = 2;
        cluster.Nodes[1].Subscribers[$"{Prefix}3"] = 3;
        cluster.Nodes[2].Subscribers[$"{Prefix}5a"] = 4;
        cluster.Nodes[1].Subscribers[$"{Prefix}nobody"] = 0;
        string[] expected = ["0", "1", "2", "3", "4", "5", "5a", "6", "7", "8"];
        foreach (var node in cluster.Nodes)
        {
            var all = await node.Channels.List(Prefix, string.Empty, 10);
            Assert.Null(all.Next);
            Assert.Empty(all.Missing);
            Assert.Equal(expected, all.Channels.Select(x => x.Name[Prefix.Length..]));
            Assert.Equal([1, 2, 3, 4, 5, 6, 0, 7, 8, 9], all.Channels.Select(x => x.Messages));
            Assert.Equal([0, 0, 0, 5, 0, 0, 4, 0, 0, 0], all.Channels.Select(x => x.Subscribers));
            Assert.All(all.Channels.Where(x => x.Messages > 0), x => Assert.Equal((1L, x.Messages, x.First!.Value.Epoch), (x.First!.Value.Offset, x.Last!.Value.Offset, x.Last!.Value.Epoch)));
            Assert.All(all.Channels.Where(x => x.Messages == 0), x => Assert.Null(x.First));

            var (pages, after) = (new List<string>(), (string?)string.Empty);
            while (after is not null)
            {
                var page = await node.Channels.List(Prefix, after, 3);
                Assert.True(page.Channels.Count == 3 || page.Next is null);
                pages.AddRange(page.Channels.Select(x => x.Name[Prefix.Length..]));
                after = page.Next;
            }

            Assert.Equal(expected, pages);
        }
    }

    [Fact]
    public async Task Find_ChannelWithoutAMessage_SaysWhereItStands()
    {
        var name = $"{Prefix}quiet";
        var (follower, _) = await new TestChannel(cluster, name).Follow(cluster.Nodes[1]);
        Assert.Null((await cluster.Nodes[0].Channels.Find(name)).Channel);
        cluster.Nodes[1].Subscribers[name] = 1;
        var epoch = (await cluster.Client.GetGrain<IChannelGrain>(name).GetPosition()).Epoch;
        foreach (var node in cluster.Nodes)
        {
            Assert.Equal(new ChannelSummary(name, 1, null, new MessageId(epoch, 0), 0, 0), (await node.Channels.Find(name)).Channel);
        }

        await follower.DisposeAsync();
    }

    [Fact]
    public async Task Find_WhoAloneKnowsIsSlow_IsWaitedFor()
    {
        var name = $"{Prefix}slow";
        cluster.Nodes[1].Subscribers[name] = 1;
        cluster.MakeCalls(async call =>
        {
            if (call.MethodName == nameof(INodeGrain.FindChannel))
            {
                await Task.Delay(ChannelDirectory.Patience * 2);
            }

            await call.Invoke();
        });
        var finding = await cluster.Nodes[0].Channels.Find(name);
        cluster.MakeCallsAsTheyCome();
        Assert.Equal((1, 0), (finding.Channel?.Subscribers, finding.Missing.Count));
    }

    [Fact]
    public async Task Find_Deleted_IsGoneUntilItIsPublishedToAgain()
    {
        var channel = $"{Prefix}deleted";
        await Publish(cluster.Nodes[0], channel, 2);
        Assert.Equal(2, (await cluster.Nodes[1].Channels.Find(channel)).Channel!.Messages);
        await cluster.Client.GetGrain<IChannelGrain>(channel).Delete();
        Assert.Null((await cluster.Nodes[1].Channels.Find(channel)).Channel);
        await Publish(cluster.Nodes[2], channel, 1);
        Assert.Equal(1, (await cluster.Nodes[1].Channels.Find(channel)).Channel!.Messages);
    }

    private static async Task Publish(Node node, string channel, int count)
    {
        var grain = node.Client.GetGrain<IChannelGrain>(channel);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(PublishStatus.Accepted, (await grain.Publish(TestChannel.Request($"{i}"))).Status);
        }
    }
}
