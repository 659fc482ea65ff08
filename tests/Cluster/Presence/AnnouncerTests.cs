using OrleansGateway.Channels;
using OrleansGateway.Presence;
using OrleansGateway.Tests.Cluster.Fixtures;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Cluster.Presence;

public sealed class AnnouncerTests(GatewayCluster cluster) : IClassFixture<GatewayCluster>, IDisposable
{
    public void Dispose() => cluster.MakeCallsAsTheyCome();

    [Fact]
    public async Task Announcer_Nodes_TakeTurnsAndOneThatDiesIsLeftOut()
    {
        var sink = new RecordingSink();
        await using var follower = new ChannelFollower(cluster.Client, ChannelName.Announce, sink);
        await follower.StartAsync();
        await sink.HasAsync(6);
        AnnouncedTurns.Check(sink.Texts.Select(Name), "node-1", "node-2", "node-3");
        await Eventually.TrueAsync(() => sink.Texts.Any(x => x.EndsWith(" *", StringComparison.Ordinal)), "the owner of the bridge says so");
        Assert.Single(sink.Texts.Where(x => x.EndsWith(" *", StringComparison.Ordinal)).Distinct());

        // The one that has the announcer's turn next, and holds nothing of it: the others go on without it.
        var announcer = await cluster.HolderOf(cluster.Client.GetGrain<IAnnouncerGrain>(0));
        var channel = await cluster.HolderOf(cluster.Client.GetGrain<IChannelGrain>(ChannelName.Announce));
        var victim = cluster.Nodes.First(x => x != announcer && x != channel);
        await cluster.Kill(victim);
        var before = sink.Messages.Count;
        await sink.HasAsync(before + 8);
        var after = sink.Texts.Skip(before + 1).Select(Name).ToList();
        Assert.DoesNotContain(victim.Name, after);
        AnnouncedTurns.Check(after, [.. cluster.Nodes.Select(x => x.Name)]);
        Assert.Empty(sink.Events);
    }

    [Fact]
    public async Task Announcer_WhoseChannelAnotherTook_LeavesItToThatOne()
    {
        // As one on a frozen node that wakes up; the keepers know only the rightful one, which takes the channel back.
        var stale = cluster.Client.GetGrain<IAnnouncerGrain>(1);
        var (replaced, again) = (false, 0);
        OnOpenSource(stale, async call =>
        {
            var isNew = call.Request.GetArgument(0) is 0L;
            again += isNew && replaced ? 1 : 0;
            await call.Invoke();
            replaced |= !isNew && call.Result is 0L;
        });

        await stale.Poke();
        await Eventually.TrueAsync(() => replaced, "it hears that it was replaced");
        await Eventually.TrueAsync(async () => await cluster.HolderOf(stale) is null, "it is gone");

        Assert.Equal(0, again);
    }

    [Fact]
    public async Task Announcer_WhoseFirstCallGetsNoAnswer_BeginsAnew()
    {
        var another = cluster.Client.GetGrain<IAnnouncerGrain>(2);
        var begun = 0;
        OnOpenSource(another, call => ++begun == 1 ? new TaskCompletionSource().Task : call.Invoke());

        await another.Poke();
        await Eventually.TrueAsync(() => begun > 1, "it begins anew");
        await Eventually.TrueAsync(async () => await cluster.HolderOf(another) is null, "it is replaced");
    }

    private void OnOpenSource(IAnnouncerGrain announcer, Func<IOutgoingGrainCallContext, Task> how) =>
        cluster.MakeCalls(call => call.MethodName == nameof(IChannelGrain.OpenSource) && call.SourceId == announcer.GetGrainId() ? how(call) : call.Invoke());

    private static string Name(string text) => text.Split(' ')[0];
}
