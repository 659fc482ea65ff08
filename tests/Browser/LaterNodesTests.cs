using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>Pages that come to nodes which did not yet exist when they were opened.</summary>
public sealed class LaterNodesTests(Chromium chromium, HurtNodes hurt, ITestOutputHelper output)
    : VisitTests(chromium, output), IClassFixture<Chromium>, IClassFixture<HurtNodes>
{
    [Fact]
    public Task Home_AllNodesButItsOwnStartLater_GoesOnWithThoseThatNeverMetItsOwn() => Visiting(hurt.Nodes, async visit =>
    {
        await hurt.Nodes.Start(1);
        var home = await visit.Open(hurt.Nodes.Address(1));
        await home.MoreNumbers();
        visit.NodesDie = true;
        await hurt.Nodes.Start(2);
        await Knows(home, 2);
        await hurt.Kill(1);
        await home.IsOn(2);
        await home.MoreNumbers();

        // To node 3 the page is from the origin of a node that was dead before it started.
        await hurt.Nodes.Start(3);
        await Knows(home, 3);
        await hurt.Kill(2);
        await home.IsOn(3);
        await home.MoreNumbers();
        Assert.Equal(1, home.Loaded);
    });

    // A node that has just joined says a moment later where it is.
    private static Task Knows(Tab home, int node) => Expect(home.Node(node).Locator(".node-http[href]")).ToBeVisibleAsync();
}
