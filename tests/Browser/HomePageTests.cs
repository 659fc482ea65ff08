using System.Globalization;
using System.Text.RegularExpressions;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>The home page of a node while all is well.</summary>
[Collection(UnhurtPages.Name)]
public sealed class HomePageTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Home_NumbersAreSent_ShowsThemAsTheyCome() => Visiting(Nodes, async visit =>
    {
        await using var reader = await Reader.Open(Nodes.Address(3), "numbers", "raw");
        await reader.WaitForMore("numbers");
        var home = await visit.Open(Nodes.Address(1));
        var shown = await home.MoreNumbers(20);
        await Until.True(() => reader.Messages.Exists(x => x.Text == $"{shown[^1].Number}"), "another node's subscriber has the last one");
        var sent = reader.Messages.ConvertAll(x => long.Parse(x.Text, CultureInfo.InvariantCulture));

        // What is older than the page comes first: some of it is also older than the subscriber.
        var both = shown.Select(x => x.Number).Where(x => x >= sent[0]).ToList();
        Assert.InRange(both.Count, 10, shown.Count);
        Assert.Empty(both.Except(sent));

        await Expect(home.Page.Locator("#rate")).ToHaveTextAsync(new Regex(@"^\d+ a second$"));
        var bars = home.Page.Locator("#sparkline rect");
        await Expect(bars).ToHaveCountAsync(60);
        await Expect(bars.Last).ToHaveAttributeAsync("height", "60");
        await Expect(home.Page.Locator("#path")).ToHaveTextAsync(new Regex(@"number server\s*bridge on node-\d\s*node-1\s*this page"));
    });

    [Fact]
    public Task Home_ThreeNodes_ShowsEachTheOwnerOfTheBridgeAndItsOwn() => Visiting(Nodes, async visit =>
    {
        var owner = await Nodes.Owner(1, 2, 3);
        var home = await visit.Open(Nodes.Address(2));
        await home.IsOn(2);
        await Expect(home.Nodes("active")).ToHaveCountAsync(3);
        await Expect(home.Page.Locator("#nodes .node")).ToHaveCountAsync(3);
        await Expect(home.Page.Locator("#nodes .node[data-bridge=true]")).ToHaveCountAsync(1);
        await Expect(home.Page.Locator("#nodes .node[data-here=true]")).ToHaveCountAsync(1);
        await Expect(home.Node(owner)).ToHaveAttributeAsync("data-bridge", "true");
        await Expect(home.Node(2)).ToHaveAttributeAsync("data-here", "true");
        await Expect(home.Page.Locator("#kill-commands")).ToContainTextAsync($"node-{owner}");
        await Expect(home.Page.Locator("#view")).ToBeEmptyAsync();
        await home.Picture("home");
        await home.Picture("home-whole", whole: true);
    });

    [Fact]
    public Task Home_NodesAnnounceThemselves_ShowsThemInTurnWithTheOwnerMarked() => Visiting(Nodes, async visit =>
    {
        var owner = await Nodes.Owner(1, 2, 3);
        var home = await visit.Open(Nodes.Address(1));
        var rows = home.Page.Locator("#announcements .announcement");
        await Expect(rows.Nth(5)).ToBeVisibleAsync();
        var newestFirst = await rows.EvaluateAllAsync<string[][]>("rows => rows.map(x => [x.querySelector('.announcement-text').textContent, x.dataset.owner])");
        Assert.All(newestFirst, x => Assert.Equal(x[0].EndsWith(" *", StringComparison.Ordinal) ? "true" : "false", x[1]));
        Assert.All(newestFirst, x => Assert.Equal(x[0].TrimEnd('*', ' ') == $"node-{owner}", x[1] == "true"));

        AnnouncedTurns.Check(newestFirst.Select(x => x[0].Split(' ')[0]).Reverse(), "node-1", "node-2", "node-3");
    });

    [Fact]
    public Task OpenForm_NameOfAChannel_OpensItOrSaysWhatIsWrong() => Visiting(Nodes, async visit =>
    {
        var home = await visit.Open(Nodes.Address(1));
        var field = home.Page.Locator("#open-channel");
        await field.FillAsync("a//b");
        await field.PressAsync("Enter");
        await Expect(home.Page.Locator("#open-problem")).ToContainTextAsync("empty part");
        await field.FillAsync("/räume/a b?c");
        await field.PressAsync("Enter");
        await Expect(home.Page.Locator("#channel-name")).ToHaveTextAsync("räume/a b?c");
        await home.IsOn(1);
    });

    [Fact]
    public Task Commands_OnThePage_WorkAsTheyStand() => Visiting(Nodes, async visit =>
    {
        var home = await visit.Open(Nodes.Address(1));
        var commands = await home.Page.Locator("#try-commands code").AllTextContentsAsync();
        Assert.Equal(5, commands.Count);
        Assert.All(commands, x => Assert.Contains(Nodes.Address(1).ToString(), x, StringComparison.Ordinal));
        Assert.Equal("OK\n", await Shell.Run(commands.Single(x => x.Contains(" -d ", StringComparison.Ordinal))));
        await Shell.RunUntil(commands.Single(x => x.Contains("since=", StringComparison.Ordinal)), "Hello, world");
    });

    [Fact]
    public Task Channels_CannotBeListedForAWhile_KeepsTheListAndSaysHowOldItIs() => Visiting(Nodes, async visit =>
    {
        visit.Refused = 503;
        var fails = false;
        await visit.Answer("**/-/channels?*", () => fails
            ? (503, """{"title":"The channels cannot be listed now"}""")
            : (200, """{"channels":[{"channel":"a/\u202e<b>","subscribers":2,"firstId":null,"lastId":null,"messages":0,"bytes":0}],"next":null,"missing":["node-3"]}"""));
        var home = await visit.Open(Nodes.Address(1));
        var (rows, note) = (home.Page.Locator("#channels-rows tr"), home.Page.Locator("#channels-note"));
        await Expect(rows.Locator("a")).ToHaveTextAsync("a/RLO<b>");
        await Expect(rows.Locator("td")).ToHaveTextAsync(["…", "0", "2"]);
        await Expect(note).ToHaveTextAsync("Subscribers are counted without those of node-3, which does not answer.");
        fails = true;
        await home.Page.Locator("#channels-prefix").PressAsync("Enter");
        await Expect(note).ToHaveTextAsync(new Regex(@"^The channels cannot be listed now: this is as it was at [\d:]+\.$"));
        await Expect(rows).ToHaveCountAsync(1);
        fails = false;
        await home.Page.Locator("#channels-prefix").PressAsync("Enter");
        await Expect(note).ToHaveTextAsync(new Regex("^Subscribers are counted"));
    });
}
