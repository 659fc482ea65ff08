using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Channels;

[Collection(HealthyCluster.Name)]
public class KeyedPublishTests(GatewayCluster cluster)
{
    [Fact]
    public async Task Publish_SameKeyAgain_GetsTheFirstAnswerAndPublishesNothing()
    {
        var channel = await cluster.NewChannel();

        var first = await channel.Grain.Publish(Keyed(("k", ["a"])));
        await channel.Publish("between");
        var again = await channel.Grain.Publish(Keyed(("k", ["a"])));

        Assert.Equal(PublishStatus.Accepted, again.Groups![0].Status);
        Assert.Equal(first.Groups![0], again.Groups[0]);
        Assert.Equal(2, (await channel.Grain.GetPosition()).Newest);
    }

    [Fact]
    public async Task Publish_SameKeyWithAnotherBodyOrType_IsRefused()
    {
        var channel = await cluster.NewChannel();
        await channel.Grain.Publish(Keyed(("k", ["a"])));

        var body = await channel.Grain.Publish(Keyed(("k", ["b"])));
        var batch = await channel.Grain.Publish(Keyed(("k", ["a", "a"])));
        var type = await channel.Grain.Publish(new PublishRequest([new MessageDraft("text/html", "a"u8.ToArray())], Groups: [new PublishGroup(1, "k")]));

        Assert.All((PublishResult[])[body, batch, type], x => Assert.Equal(PublishStatus.KeyReused, x.Groups![0].Status));
        Assert.Equal(1, (await channel.Grain.GetPosition()).Newest);
    }

    [Fact]
    public async Task Publish_GroupsOfWhichSomeAreKnown_EachGetsItsOwnAnswer()
    {
        var channel = await cluster.NewChannel();
        var known = (await channel.Grain.Publish(Keyed(("a", ["1", "2"])))).Groups![0];

        var result = await channel.Grain.Publish(Keyed((null, ["3"]), ("a", ["1", "2"]), ("b", ["4", "5"]), ("b", ["4", "5"]), ("b", ["x"]), (null, ["6"])));

        Assert.Equal([3L, 1, 4, 4, 0, 6], result.Groups!.Select(x => x.FirstOffset));
        Assert.Equal(known, result.Groups![1]);
        Assert.Equal(PublishStatus.KeyReused, result.Groups[4].Status);
        Assert.Equal(["1", "2", "3", "4", "5", "6"], await Texts(channel));
    }

    [Fact]
    public async Task Publish_SameKeyWhileTheFirstIsUnderWay_BothGetOneAnswer()
    {
        var channel = await cluster.NewChannel();

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => channel.Grain.Publish(Keyed(("k", ["a"])))));

        Assert.Single(results.Select(x => x.Groups![0]).Distinct());
        Assert.Equal(1, (await channel.Grain.GetPosition()).Newest);
    }

    [Fact]
    public async Task Publish_SameRequestAgain_IsTakenOnce()
    {
        var channel = await cluster.NewChannel();
        var origin = new PublishOrigin(Guid.NewGuid(), 7);
        var request = Keyed((null, ["1"]), ("a", ["2"]), (null, ["3"])) with { Origin = origin };

        var first = await channel.Grain.Publish(request);
        var again = await channel.Grain.Publish(request with { Origin = origin with { Again = true } });

        Assert.Equal(first.Groups, again.Groups);
        Assert.Equal(["1", "2", "3"], await Texts(channel));
        await Assert.ThrowsAsync<ChannelLostException>(() => channel.Grain.Publish(request with { Origin = origin with { Sequence = 6 } }));
    }

    [Fact]
    public async Task Publish_AgainAfterTheMessagesWereLost_SaysThatItDoesNotKnow()
    {
        var channel = await cluster.NewChannel();
        var request = TestChannel.Request("1") with { Origin = new PublishOrigin(Guid.NewGuid(), 1) };
        await channel.Grain.Publish(request);
        await channel.Lose();

        await Assert.ThrowsAsync<ChannelLostException>(() => channel.Grain.Publish(request with { Origin = request.Origin! with { Again = true } }));
        Assert.Equal(0, (await channel.Grain.GetPosition()).Newest);
    }

    [Fact]
    public async Task Move_ToAnotherNode_KeysAndRequestsAreStillKnown()
    {
        var channel = await cluster.NewChannel();
        var origin = new PublishOrigin(Guid.NewGuid(), 1);
        var keyed = await channel.Grain.Publish(Keyed(("k", ["a"])));
        var named = await channel.Grain.Publish(TestChannel.Request("b") with { Origin = origin });

        await channel.Move(cluster.Nodes[1]);

        Assert.Equal(keyed.Groups![0], (await channel.Grain.Publish(Keyed(("k", ["a"])))).Groups![0]);
        Assert.Equal(named, await channel.Grain.Publish(TestChannel.Request("b") with { Origin = origin with { Again = true } }));
        Assert.Equal(["a", "b"], await Texts(channel));
    }

    [Fact]
    public async Task Delete_ChannelWithFollowers_GoesOnWithAnotherEpoch()
    {
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.Follow(cluster.Nodes[2]);
        var before = await channel.Grain.Publish(Keyed(("k", ["a"])));
        await sink.HasAsync("a");

        Assert.Equal(PublishStatus.Accepted, await channel.Grain.Delete());
        var position = await channel.Grain.GetPosition();
        await Eventually.TrueAsync(() => sink.Events is [var only] && only == $"deleted, epoch {position.Id}", "the new epoch");
        var after = await channel.Grain.Publish(Keyed(("k", ["b"])));

        Assert.NotEqual(before.Epoch, position.Epoch);
        Assert.Equal((1, position.Epoch), (after.Groups![0].FirstOffset, after.Groups[0].Epoch));
        await sink.HasAsync("b");
        await follower.DisposeAsync();
    }

    internal static PublishRequest Keyed(params (string? Key, string[] Texts)[] groups) => new(
        [.. groups.SelectMany(x => x.Texts).Select(x => new MessageDraft("text/plain", Encoding.UTF8.GetBytes(x)))],
        Groups: [.. groups.Select(x => new PublishGroup(x.Texts.Length, x.Key))]);

    internal static async Task<List<string>> Texts(TestChannel channel)
    {
        var position = await channel.Grain.GetPosition();
        var texts = new List<string>();
        for (var after = 0L; after < position.Newest;)
        {
            var page = await channel.Grain.Read(new MessageId(position.Epoch, after), 64 * 1024);
            foreach (var batch in page.Batches)
            {
                foreach (var message in batch)
                {
                    if (message.Offset > after)
                    {
                        texts.Add(Encoding.UTF8.GetString(message.Body.Span));
                    }
                }

                after = batch.LastOffset;
            }
        }

        return texts;
    }
}
