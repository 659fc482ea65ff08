using OrleansGateway.Channels;
using OrleansGateway.Tests.Cluster.Fixtures;

namespace OrleansGateway.Tests.Cluster.Presence;

public class AnnouncerTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>
{
    [Fact]
    public async Task Announcer_Nodes_TakeTurnsAndOneThatDiesIsLeftOut()
    {
        var sink = new RecordingSink();
        await using var follower = new ChannelFollower(cluster.Client, ChannelName.Announce, sink);
        await follower.StartAsync();
        await sink.HasAsync(6);
        AssertTurns(["node-1", "node-2", "node-3"], [.. sink.Texts]);
        await Eventually.TrueAsync(() => sink.Texts.Any(x => x.EndsWith(" *", StringComparison.Ordinal)), "the owner of the bridge says so");
        Assert.Single(sink.Texts.Where(x => x.EndsWith(" *", StringComparison.Ordinal)).Distinct());

        // The one that has the announcer's turn next, and holds nothing of it: the others go on without it.
        var announcer = await cluster.HolderOf(cluster.Client.GetGrain<OrleansGateway.Presence.IAnnouncerGrain>(0));
        var channel = await cluster.HolderOf(cluster.Client.GetGrain<IChannelGrain>(ChannelName.Announce));
        var victim = cluster.Nodes.First(x => x != announcer && x != channel);
        await cluster.Kill(victim);
        var before = sink.Messages.Count;
        await sink.HasAsync(before + 5);
        var after = sink.Texts.Skip(before + 1).Select(Name).ToList();
        Assert.DoesNotContain(victim.Name, after);
        AssertTurns([.. cluster.Nodes.Select(x => x.Name)], after);
        Assert.Empty(sink.Events);
    }

    /// <summary>Each is followed by the next, and the last by the first.</summary>
    private static void AssertTurns(string[] nodes, List<string> announced)
    {
        var names = announced.Select(Name).ToList();
        for (var i = 1; i < names.Count; i++)
        {
            Assert.Equal(nodes[(Array.IndexOf(nodes, names[i - 1]) + 1) % nodes.Length], names[i]);
        }
    }

    private static string Name(string text) => text.Split(' ')[0];
}
