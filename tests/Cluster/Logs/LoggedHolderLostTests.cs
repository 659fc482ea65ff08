using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Logs;

public class LoggedHolderLostTests(LoggedCluster cluster) : IClassFixture<LoggedCluster>
{
    [Fact]
    public async Task Kill_NodeThatHoldsTheChannel_FollowersAndPublishersGoOnInTheSameEpoch()
    {
        var holder = cluster.Nodes[1];
        var channel = await cluster.NewChannel(holder);
        var survivors = cluster.Nodes.Where(x => x != holder).ToList();
        var followers = new List<(ChannelFollower Follower, RecordingSink Sink)> { await channel.FollowFromOutside() };
        foreach (var node in survivors)
        {
            followers.Add(await channel.Follow(node));
        }

        using var enough = new CancellationTokenSource();
        var publishing = survivors.Select(x => Task.Run(() => PublishUntil(channel.From(x), x.Name, enough.Token))).ToList();
        await followers[0].Sink.HasAsync(50);
        await cluster.Kill(holder);
        var before = followers[0].Sink.Messages.Count;
        await followers[0].Sink.HasAsync(before + 50);
        await enough.CancelAsync();
        var published = (await Task.WhenAll(publishing)).SelectMany(x => x).ToHashSet();
        var last = await channel.Publish("last");

        Assert.Contains(await channel.Holder(), survivors);
        var kept = await KeyedPublishTests.Texts(channel);
        Assert.Equal(kept.Count, kept.Distinct().Count());
        Assert.Equal(published.Append("last").Order(), kept.Order());
        foreach (var (follower, sink) in followers)
        {
            await sink.HasAsync("last");
            Assert.Empty(sink.Events);
            Assert.Equal(kept, sink.Texts);
            Assert.Equal(Enumerable.Range(1, kept.Count).Select(x => new MessageId(last.Epoch, x)), sink.Messages.Select(x => x.Id));
            await follower.DisposeAsync();
        }
    }

    /// <summary>Publishes as a node's HTTP side does: again, under the same name, until there is an answer.</summary>
    private static async Task<List<string>> PublishUntil(IChannelGrain channel, string name, CancellationToken enough)
    {
        var published = new List<string>();
        var sender = Guid.NewGuid();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var i = 1; !enough.IsCancellationRequested; i++)
        {
            await pace.WaitForNextTickAsync(CancellationToken.None);
            var request = TestChannel.Request($"{name}:{i}") with { Origin = new PublishOrigin(sender, i) };
            await Eventually.TrueAsync(
                async () =>
                {
                    try
                    {
                        return (await channel.Publish(request).WaitAsync(TimeSpan.FromSeconds(2), CancellationToken.None)).Status == PublishStatus.Accepted;
                    }
                    catch (Exception exception) when (exception is TimeoutException or OrleansException or ChannelMovedException)
                    {
                        request = request with { Origin = request.Origin! with { Again = true } };
                        return false;
                    }
                },
                "an answer");
            published.Add($"{name}:{i}");
        }

        return published;
    }
}
