using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

[Collection(HealthyCluster.Name)]
public class ChannelRepairTests(GatewayCluster cluster)
{
    [Fact]
    public async Task Follower_BatchesLostOnTheirWay_ReadsThemFromTheChannel()
    {
        var holder = cluster.Nodes[0];
        var channel = await cluster.NewChannel(holder);
        var (inside, seenInside) = await channel.Follow(cluster.Nodes[1]);
        var (outside, seenOutside) = await channel.FollowFromOutside();
        var epoch = (await channel.Publish("first")).Epoch;
        var calls = 0;

        // Two of three calls, of any follower, as it comes.
        var lost = holder.Faults.Lost;
        holder.Faults.Lose(batch => batch.Epoch == epoch && Interlocked.Increment(ref calls) % 3 != 0);
        var published = 0;
        while (holder.Faults.Lost < lost + 20)
        {
            await channel.Publish($"{++published}");
            Assert.True(published < 9000, "More than the channel keeps.");
        }

        holder.Faults.LoseNothing();
        await channel.Publish("last");

        string[] expected = ["first", .. Enumerable.Range(1, published).Select(x => $"{x}"), "last"];
        foreach (var (follower, sink) in new[] { (inside, seenInside), (outside, seenOutside) })
        {
            await sink.HasAsync("last");
            Assert.Equal(expected, sink.Texts);
            Assert.Empty(sink.Events);
            await follower.DisposeAsync();
        }
    }

    [Fact]
    public async Task Follower_BatchOfAnOwnerThatWasReplaced_IsDropped()
    {
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.Follow(cluster.Nodes[1]);
        await channel.Publish("1");
        await sink.HasAsync("1");

        var stale = await channel.Grain.GetPosition();
        await channel.Lose();
        await channel.Publish("2");
        await sink.HasAsync("2");
        Assert.True((await channel.Grain.GetPosition()).Term > stale.Term);

        // What the former owner still sends, of its own epoch or whatever else.
        MessageDraft[] drafts = [new("text/plain", "stale"u8.ToArray())];
        await follower.OnNextAsync(MessageBatch.Pack(stale.Term, stale.Epoch, stale.Newest + 1, 0, drafts));
        await follower.OnNextAsync(MessageBatch.Pack(stale.Term, "zzzz", 1, 0, drafts));
        await channel.Publish("3");
        await sink.HasAsync("3");
        Assert.Equal(["1", "2", "3"], sink.Texts);
        Assert.Equal([$"epoch {(await channel.Grain.GetPosition()).Epoch}-0"], sink.Events);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task Follower_LogLost_GoesOnWithTheNewEpochFromItsFirstMessage()
    {
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.Follow(cluster.Nodes[2]);
        var before = await channel.Publish("1", "2");
        await sink.HasAsync("2");

        await channel.Lose();
        var after = await channel.Publish("3");
        Assert.NotEqual(before.Epoch, after.Epoch);
        Assert.Equal(1, after.FirstOffset);
        await channel.Publish("4");
        await sink.HasAsync("4");
        Assert.Equal(["1", "2", "3", "4"], sink.Texts);
        Assert.Equal([$"epoch {after.Epoch}-0"], sink.Events);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task Follower_ChannelMovedByHand_GoesOnInTheSameEpoch()
    {
        var channel = await cluster.NewChannel(cluster.Nodes[0]);
        var (follower, sink) = await channel.Follow(cluster.Nodes[1]);
        var before = await channel.Publish("1", "2");
        var term = (await channel.Grain.GetPosition()).Term;

        await channel.Move(cluster.Nodes[2]);
        var after = await channel.Publish("3");
        Assert.Equal((before.Epoch, before.FirstOffset + 2), (after.Epoch, after.FirstOffset));
        Assert.Same(cluster.Nodes[2], await channel.Holder());
        var position = await channel.Grain.GetPosition();
        Assert.True(position.Term > term);
        Assert.Equal(3, (await channel.Grain.Read(new MessageId(after.Epoch, 0), int.MaxValue)).Batches.Sum(x => x.Count));
        await sink.HasAsync("3");
        Assert.Equal(["1", "2", "3"], sink.Texts);
        Assert.Empty(sink.Events);
        await follower.DisposeAsync();
    }
}
