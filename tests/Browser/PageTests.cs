using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>The pages on real nodes in a real browser.</summary>
public sealed class PageTests(PageFixture browser) : IClassFixture<PageFixture>
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task Home_ItsNodesAreKilled_GoesOnDownToTheLast(string host)
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address);
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        var (page, complaints) = await browser.Open();
        await page.GotoAsync($"http://{host}:{nodes.Address(1).Port}/");
        await Moves(page);
        await Expect(page.Locator("#nodes .node[data-status=active]")).ToHaveCountAsync(3);
        await Expect(page.Locator("#nodes .node[data-bridge=true]")).ToHaveCountAsync(1);
        await Expect(page.Locator("#announcements .announcement[data-owner=true]").First).ToBeVisibleAsync();
        Assert.Empty(complaints);
        await PageFixture.Picture(page, $"home-{host}");

        // Which node the page is on: that one is killed, twice, and the page is never loaded again.
        await page.EvaluateAsync("window.notReloaded = true");
        for (var kill = 0; kill < 2; kill++)
        {
            var on = int.Parse((await page.Locator("#state").GetAttributeAsync("data-connected"))!["node-".Length..]);
            nodes[on].Kill();
            await Expect(page.Locator("#state")).Not.ToHaveAttributeAsync("data-connected", $"node-{on}");
            await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-phase", "connected");
            await Moves(page);
            await Expect(page.Locator($"#nodes .node[data-node=node-{on}]")).ToHaveAttributeAsync("data-status", "dead");
        }

        await PageFixture.Picture(page, $"home-{host}-last-node");
        var dead = new[] { 1, 2, 3 }.First(x => !nodes.Alive.Contains(x));
        await nodes.Start(dead);
        await Expect(page.Locator($"#nodes .node[data-node=node-{dead}]")).ToHaveAttributeAsync("data-status", "active");
        await Moves(page);
        Assert.True(await page.EvaluateAsync<bool>("window.notReloaded"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Channel_MessagesFromOtherNodesAndFromThePage_AppearOnceAndRunNothing()
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address);
        await nodes.Start(1, 2, 3);
        await nodes.Whole(15, 1, 2, 3);
        using var http = new HttpClient();
        var (page, complaints) = await browser.Open();
        await page.GotoAsync(new Uri(nodes.Address(1), "/room/one").ToString());
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-phase", "connected");

        await Publish(2, "from another node");
        await Expect(page.Locator(".message-text", new() { HasTextString = "from another node" })).ToHaveCountAsync(1);

        await using var reader = await Reader.Open(nodes.Address(3), "room/one", "raw");
        await page.Locator("#publish-text").FillAsync("from the page");
        await page.Locator("#publish-button").ClickAsync();
        await Expect(page.Locator("#publish-result[data-kind=ok]")).ToBeVisibleAsync();
        await Expect(page.Locator(".message-text", new() { HasTextString = "from the page" })).ToHaveCountAsync(1);
        await Until.True(() => reader.Messages.Exists(x => x.Text == "from the page"), "the other node's subscriber has it");

        string[] hostile =
        [
            "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>",
            "<svg xmlns='http://www.w3.org/2000/svg'><script>window.hacked = 1</script></svg>",
            $"{new string('w', 200_000)}",
            "control \u0001\u001b[31m and bidi \u202e override",
        ];
        foreach (var text in hostile)
        {
            await Publish(3, text);
        }

        await Publish(2, "the last one");
        await Expect(page.Locator(".message-text", new() { HasTextString = "the last one" })).ToHaveCountAsync(1);
        Assert.True(await page.EvaluateAsync<bool>("window.hacked === undefined"));
        await Expect(page.Locator("#messages script")).ToHaveCountAsync(0);

        using var bytes = new ByteArrayContent([0xde, 0xad, 0xbe, 0xef]);
        using var answer = await http.PostAsync(new Uri(nodes.Address(2), "room/one"), bytes);
        await Expect(page.Locator(".message[data-binary]").Last).ToContainTextAsync("de ad be ef");
        Assert.Empty(complaints);
        await PageFixture.Picture(page, "channel");

        async Task Publish(int node, string text)
        {
            using var published = await http.PostAsync(new Uri(nodes.Address(node), "room/one"), new StringContent(text));
            Assert.True(published.IsSuccessStatusCode);
        }
    }

    [Theory]
    [InlineData(390, 844, ColorScheme.Dark, "/")]
    [InlineData(390, 844, ColorScheme.Light, "/numbers")]
    [InlineData(1280, 900, ColorScheme.Dark, "/numbers")]
    public async Task Page_PhoneAndDesktopDarkAndLight_FitsAndComplainsOfNothing(int width, int height, ColorScheme scheme, string path)
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address);
        await nodes.Start(1);
        var (page, complaints) = await browser.Open(width, height, scheme);
        await page.GotoAsync(new Uri(nodes.Address(1), path).ToString());
        await Expect(page.Locator("#state")).ToHaveAttributeAsync("data-phase", "connected");
        if (path == "/")
        {
            await Moves(page);
        }
        else
        {
            await Expect(page.Locator("#messages .message").First).ToBeVisibleAsync();
            await Expect(page.Locator("#publish-closed")).ToBeVisibleAsync();
        }

        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways");
        await PageFixture.Picture(page, $"{width}-{scheme}-{path.Trim('/')}");
        Assert.Empty(complaints);
    }

    private static async Task Moves(IPage page)
    {
        for (var i = 0; i < 3; i++)
        {
            var number = await page.Locator("#number").TextContentAsync();
            await Expect(page.Locator("#number")).Not.ToHaveTextAsync(number!);
        }
    }
}
