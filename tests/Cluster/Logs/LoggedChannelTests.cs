using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Channels;
using OrleansGateway.Logs;
using OrleansGateway.Tests.Cluster.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Logs;

public class LoggedChannelTests(LoggedCluster cluster) : IClassFixture<LoggedCluster>
{
    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    [Fact]
    public async Task Deactivate_Channel_GoesOnWhereItStood()
    {
        var channel = await cluster.NewChannel();
        var origin = new PublishOrigin(Guid.NewGuid(), 1);
        var keyed = await channel.Grain.Publish(KeyedPublishTests.Keyed(("k", ["a"])));
        var named = await channel.Grain.Publish(TestChannel.Request("b") with { Origin = origin });
        var term = (await channel.Grain.GetPosition()).Term;

        await Deactivate(channel);

        Assert.Equal(new MessageId(named.Epoch, 2), (await channel.Grain.GetPosition()).Id);
        Assert.True((await channel.Grain.GetPosition()).Term > term);
        Assert.Equal(keyed.Groups![0], (await channel.Grain.Publish(KeyedPublishTests.Keyed(("k", ["a"])))).Groups![0]);
        Assert.Equal(named, await channel.Grain.Publish(TestChannel.Request("b") with { Origin = origin with { Again = true } }));
        await channel.Publish("c");
        Assert.Equal(["a", "b", "c"], await KeyedPublishTests.Texts(channel));
    }

    [Fact]
    public async Task Read_MoreThanMemoryHolds_ComesFromTheLog()
    {
        var channel = await cluster.NewChannel();
        for (var i = 0; i < 30; i++)
        {
            await channel.Publish([.. Enumerable.Range(i * 100, 100).Select(x => $"{x}")]);
        }

        Assert.Equal(Enumerable.Range(0, 3000).Select(x => $"{x}"), await KeyedPublishTests.Texts(channel));
    }

    [Fact]
    public async Task Publish_AfterAnotherTookTheChannelOver_IsNotAcknowledgedByTheOldOwner()
    {
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.Follow(cluster.Nodes[1]);
        await channel.Publish("a");
        await sink.HasAsync("a");

        // As a node does that believes the owner dead while it is only frozen.
        var session = await cluster.Nodes[2].Services.GetRequiredService<IChannelLog>().Open(channel.Name);
        await session.Append(new LogEntry(MessageBatch.Pack(session.Term, session.Epoch, session.Newest + 1, Now, [new MessageDraft(null, "b"u8.ToArray())])));

        await Assert.ThrowsAsync<ChannelMovedException>(() => channel.Grain.Publish(TestChannel.Request("stale")));
        await Eventually.TrueAsync(async () => await TryPublish(channel, "c"), "the next owner takes a message");
        Assert.Equal(["a", "b", "c"], await KeyedPublishTests.Texts(channel));
        await sink.HasAsync("c");
        Assert.Equal(["a", "b", "c"], sink.Texts);
        Assert.Empty(sink.Events);
        await follower.DisposeAsync();
    }

    [Fact]
    public async Task GetPosition_AfterAnotherTookTheChannelOver_IsNotWhatTheOldOwnerKnows()
    {
        var channel = await cluster.NewChannel();
        await channel.Publish("a");
        var session = await cluster.Nodes[2].Services.GetRequiredService<IChannelLog>().Open(channel.Name);
        await session.Append(new LogEntry(MessageBatch.Pack(session.Term, session.Epoch, session.Newest + 1, Now, [new MessageDraft(null, "b"u8.ToArray())])));

        await Assert.ThrowsAsync<ChannelMovedException>(() => channel.Grain.GetPosition());
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await channel.Grain.GetPosition()).Newest == 2;
                }
                catch (ChannelMovedException)
                {
                    return false;
                }
            },
            "the next owner knows both");
    }

    [Fact]
    public async Task Delete_ThenDeactivate_EpochIsTheNewOneAndNothingIsBack()
    {
        var channel = await cluster.NewChannel();
        var before = await channel.Grain.Publish(KeyedPublishTests.Keyed(("k", ["a"])));

        Assert.Equal(PublishStatus.Accepted, await channel.Grain.Delete());
        var position = await channel.Grain.GetPosition();
        await Deactivate(channel);

        Assert.NotEqual(before.Epoch, position.Epoch);
        Assert.Equal(position.Id, (await channel.Grain.GetPosition()).Id);
        Assert.Equal(1, (await channel.Grain.Publish(KeyedPublishTests.Keyed(("k", ["b"])))).Groups![0].FirstOffset);
        Assert.Equal(["b"], await KeyedPublishTests.Texts(channel));
    }

    [Fact]
    public async Task Delete_LogFails_ChannelIsReadAndDeletedAfterwards()
    {
        var channel = await cluster.NewChannel();
        var log = cluster.Nodes[0].Services.GetRequiredService<HeldLog>();
        await channel.Publish("a");
        log.FailDelete(channel.Name);

        Assert.Equal(PublishStatus.LogFull, await channel.Grain.Delete());

        log.FailDelete(null);
        Assert.Equal(["a"], await KeyedPublishTests.Texts(channel));
        Assert.Equal(PublishStatus.Accepted, await channel.Grain.Delete());
        Assert.Empty(await KeyedPublishTests.Texts(channel));
    }

    [Fact]
    public async Task Delete_SeveralAtOnce_AllAreDoneAndTheChannelGoesOn()
    {
        var channel = await cluster.NewChannel();
        for (var i = 0; i < 10; i++)
        {
            var before = await channel.Publish("a");
            var statuses = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => channel.Grain.Delete()));

            Assert.All(statuses, x => Assert.Equal(PublishStatus.Accepted, x));
            Assert.NotEqual(before.Epoch, (await channel.Grain.GetPosition()).Epoch);
            Assert.Empty(await KeyedPublishTests.Texts(channel));
        }
    }

    [Fact]
    public async Task GetPosition_EmptyChannel_HasTheSameEpochAfterEachTakeover()
    {
        var channel = await cluster.NewChannel();
        var before = await channel.Grain.GetPosition();

        await Deactivate(channel);

        Assert.Equal(before.Id, (await channel.Grain.GetPosition()).Id);
        Assert.Equal(0, before.Newest);
    }

    [Fact]
    public async Task Publish_LogFailsWhileOthersWait_NumbersAreGivenOnceAndItHeals()
    {
        var channel = await cluster.NewChannel();
        var (follower, sink) = await channel.Follow(cluster.Nodes[1]);
        var log = cluster.Nodes[0].Services.GetRequiredService<HeldLog>();
        await channel.Publish("1");
        log.Hold(channel.Name);
        var a = await PublishBehind(0, KeyedPublishTests.Keyed(("a", ["a"])));
        var b = await PublishBehind(1, KeyedPublishTests.Keyed(("b", ["b"])));

        // The first fails and is sent again with another behind it, and only then does the second fail, whose number that one has by now.
        log.FailOne();
        Assert.Equal(PublishStatus.LogFull, (await a).Groups![0].Status);
        var again = await PublishBehind(1, KeyedPublishTests.Keyed(("a", ["a"])));
        var c = await PublishBehind(2, TestChannel.Request("c"));
        log.FailOne();
        Assert.Equal(PublishStatus.LogFull, (await b).Groups![0].Status);
        log.Release();

        Assert.Equal(2, (await again).Groups![0].FirstOffset);
        Assert.Equal(3, (await c).FirstOffset);
        Assert.Equal(4, (await channel.Grain.Publish(KeyedPublishTests.Keyed(("b", ["b"])))).Groups![0].FirstOffset);
        await sink.HasAsync("b");
        Assert.Equal(["1", "a", "c", "b"], sink.Texts);
        Assert.Equal(sink.Texts, await KeyedPublishTests.Texts(channel));
        await follower.DisposeAsync();

        // Calls may overtake each other on their way: each is sent when the one before waits for the log.
        async Task<Task<PublishResult>> PublishBehind(int waiting, PublishRequest request)
        {
            var publish = channel.Grain.Publish(request);
            await Eventually.TrueAsync(() => log.Waiting == waiting + 1, $"{waiting + 1} appends wait");
            return publish;
        }
    }

    /// <summary>Whoever has waited long enough for an answer asks again, and cannot know that the request is under way.</summary>
    [Fact]
    public async Task Publish_SameRequestAgainWhileTheFirstIsUnderWay_IsTakenOnce()
    {
        var channel = await cluster.NewChannel();
        var log = cluster.Nodes[0].Services.GetRequiredService<HeldLog>();
        var request = TestChannel.Request("1") with { Origin = new PublishOrigin(Guid.NewGuid(), 1) };
        log.Hold(channel.Name);
        var first = channel.Grain.Publish(request);
        await Eventually.TrueAsync(() => log.Waiting == 1, "the append waits");
        var again = channel.Grain.Publish(request with { Origin = request.Origin! with { Again = true } });

        // It comes before what is sent behind it, or where it is overtaken, when the first is taken.
        await channel.Grain.GetPosition();
        log.Release();
        Assert.Equal(1, (await first).FirstOffset);
        Assert.Equal(await first, await again);
        Assert.Equal(["1"], await KeyedPublishTests.Texts(channel));
    }

    private static async Task Deactivate(TestChannel channel)
    {
        var term = (await channel.Grain.GetPosition()).Term;
        await channel.Grain.Cast<Orleans.Core.Internal.IGrainManagementExtension>().DeactivateOnIdle();
        await Eventually.TrueAsync(async () => (await channel.Grain.GetPosition()).Term != term, "another owner");
    }

    private static async Task<bool> TryPublish(TestChannel channel, string text)
    {
        try
        {
            return (await channel.Grain.Publish(TestChannel.Request(text))).Status == PublishStatus.Accepted;
        }
        catch (ChannelMovedException)
        {
            return false;
        }
    }
}
