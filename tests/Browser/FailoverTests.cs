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

        // A page goes on with the first that answers: it may be that its node is not the one that is killed next.
        var (roomOn, moves) = (1, 0);
        foreach (var killed in new[] { 1, 2 })
        {
            await room.IsOn(roomOn);
            await hurt.Kill(killed);
            await room.Publish($"typed when node {killed} was dead");
            await home.IsOnAnother(killed);
            await home.MoreNumbers();
            await Expect(home.Node(killed)).ToHaveAttributeAsync("data-status", "dead");
            await Expect(home.Page.Locator("#nodes .node[data-status=active][data-bridge=true]")).ToHaveCountAsync(1);
            if (roomOn == killed)
            {
                // It says where it resumed.
                (roomOn, moves) = (await room.IsOnAnother(killed), moves + 1);
                await Expect(room.State).ToHaveTextAsync(new Regex($@"^connected to node-{roomOn} .* resumed from node-{killed}( within .*)? after \w+-\d+$"));
                await Expect(room.Page.Locator("#messages .note.moved").Last).ToHaveTextAsync(new Regex($@"^node-{killed} stopped answering: went on with node-{roomOn} after \w+-\d+$"));
            }

            await home.Picture($"failover-2-killed-{killed}");
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
        await Expect(room.Page.Locator("#messages .note.moved")).ToHaveCountAsync(moves);

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
            await home.IsOnAnother(1);
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
