using System.Text.RegularExpressions;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>Pages whose node is killed, frozen or stopped go on by themselves.</summary>
public sealed class FailoverTests(Chromium chromium, HurtNodes hurt, ITestOutputHelper output)
    : VisitTests(chromium, output), IClassFixture<Chromium>, IClassFixture<HurtNodes>
{
    private GatewayNodes Nodes => hurt.Nodes;

    // Each name of this machine is an origin of its own: one page is opened by the one, one by the other.
    [Fact]
    public Task Pages_TheirNodesAreKilledThenComeBackThenStop_GoOnWithoutLossOrDoubles() => Visiting(Nodes, async visit =>
    {
        await hurt.MakeWhole();

        // A channel is where it is first used: on the node that is not killed.
        var channel = SharedNodes.FreshChannel();
        await using var publisher = await Publisher.Start(new Uri(Nodes.Address(3), channel));
        var home = await visit.Open(new UriBuilder(Nodes.Address(1)) { Host = "localhost" }.Uri);
        var room = await visit.Open(new UriBuilder(Nodes.Address(1)) { Host = "127.0.0.1", Path = channel }.Uri);
        await home.MoreNumbers();
        visit.CheckQuiet();
        visit.NodesDie = true;
        await home.Picture("failover-1-before");

        foreach (var (on, next) in new[] { (1, 2), (2, 3) })
        {
            await home.IsOn(on);
            await room.IsOn(on);
            await hurt.Kill(on);
            await room.Publish($"typed when node {on} was dead");
            await home.IsOn(next);
            await room.IsOn(next);
            await home.MoreNumbers();
            await Expect(home.Node(on)).ToHaveAttributeAsync("data-status", "dead");
            await Expect(home.Page.Locator("#nodes .node[data-status=active][data-bridge=true]")).ToHaveCountAsync(1);

            // It says where it resumed.
            await Expect(room.State).ToHaveTextAsync(new Regex($@"^connected to node-{next} .* resumed from node-{on}( within .*)? after \w+-\d+$"));
            await Expect(room.Page.Locator("#messages .note.moved").Last).ToHaveTextAsync(new Regex($@"^node-{on} stopped answering: went on with node-{next} after \w+-\d+$"));
            await home.Picture($"failover-2-killed-{on}");
        }

        await Expect(home.Node(3)).ToHaveAttributeAsync("data-bridge", "true");
        await room.Picture("failover-3-channel");
        await Nodes.Start(1, 2);
        await Expect(home.Nodes("active")).ToHaveCountAsync(3);
        await home.Picture("failover-4-back");

        // One that serves no page: nothing is seen of it but that it is dead.
        await hurt.Kill(2);
        await room.Publish("typed when another node was dead");
        await Expect(home.Node(2)).ToHaveAttributeAsync("data-status", "dead");
        await Expect(room.Page.Locator("#messages .note.moved")).ToHaveCountAsync(2);

        // And the last one is stopped: it hands its channels over.
        publisher.Node = Nodes.Address(1);
        Assert.Equal(0, await Nodes[3].Stop());
        await home.IsOn(1);
        await home.MoreNumbers();
        await room.Publish("typed when node 3 had stopped");
        await publisher.DisposeAsync();

        // No hole, nothing twice, and what was acknowledged is there in order.
        await room.Message(publisher.Acknowledged[^1]).WaitForAsync();
        var messages = await room.Messages.EvaluateAllAsync<string[][]>("rows => rows.map(x => [x.dataset.id, x.querySelector('.message-text').textContent])");
        var epoch = messages[0][0].Split('-')[0];
        Assert.Equal(Enumerable.Range(1, messages.Length).Select(x => $"{epoch}-{x}"), messages.Select(x => x[0]));
        Assert.Equal(publisher.Acknowledged, messages.Select(x => x[1]).Where(publisher.Acknowledged.Contains));
        await Expect(room.Gaps).ToHaveCountAsync(0);
        Assert.Equal((1, 1), (home.Loaded, room.Loaded));
        var shown = await home.MoreNumbers();
        Tell($"longest time without a number: {shown.Zip(shown.Skip(1), (x, y) => y.At - x.At).Max():0} ms");
    });

    [Fact]
    public Task Home_ItsNodeIsFrozen_GoesOnWithAnother() => Visiting(Nodes, async visit =>
    {
        await hurt.MakeWhole();
        var home = await visit.Open(Nodes.Address(1));
        await home.MoreNumbers();
        visit.NodesDie = true;
        Nodes[1].Freeze();
        try
        {
            await home.IsOn(2);
            await home.MoreNumbers();
            await Expect(home.Node(1)).ToHaveAttributeAsync("data-status", "dead");
            await home.Picture("failover-frozen");
        }
        finally
        {
            Nodes[1].Thaw();
        }

        Assert.Equal(1, home.Loaded);
    });
}
