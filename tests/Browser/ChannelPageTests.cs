using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>The page of a channel while all is well.</summary>
[Collection(UnhurtPages.Name)]
public sealed class ChannelPageTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Channel_PublishedThroughOtherNodes_ShowsEachOnceInOrder() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var before = await Publish(2, channel, "before the page");
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await Expect(page.Page.Locator("#channel-name")).ToHaveTextAsync(channel);
        await page.Message("before the page").WaitForAsync();
        var second = await Publish(2, channel, "from node 2");
        var third = await Publish(3, channel, "from node 3");
        await page.Message("from node 3").WaitForAsync();
        Assert.Equal([before, second, third], await page.Messages.EvaluateAllAsync<string[]>("rows => rows.map(x => x.dataset.id)"));
        await Expect(page.Page.Locator("#count")).ToHaveTextAsync("3 messages");
        await Expect(page.Page.Locator("#empty")).ToBeHiddenAsync();
    });

    [Fact]
    public Task Channel_PublishedInThePage_ShowsItsIdAndReachesAnotherNode() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await Expect(page.Page.Locator("#empty")).ToBeVisibleAsync();
        await using var reader = await Reader.Open(Nodes.Address(3), channel, "raw");
        var id = await page.Publish("from the page");
        await Until.True(() => reader.Messages.Exists(x => x.Text == "from the page"), "the other node's subscriber has it");
        await page.Page.Locator("#publish-text").FillAsync("by the button");
        await page.Page.Locator("#publish-button").ClickAsync();
        await page.Message("by the button").WaitForAsync();
        await Expect(page.Messages).ToHaveCountAsync(2);
        await Expect(page.Page.Locator($".message[data-id={id}] .message-text")).ToHaveTextAsync("from the page");
        await Expect(page.Page.Locator("#publish-text")).ToHaveValueAsync(string.Empty);
        await page.Picture("channel");
    });

    [Fact]
    public Task Channel_NothingTyped_AsksForAMessage() => Visiting(Nodes, async visit =>
    {
        var page = await visit.Open(new Uri(Nodes.Address(1), SharedNodes.FreshChannel()));
        await page.Page.Locator("#publish-button").ClickAsync();
        await Expect(page.Page.Locator("#publish-result")).ToHaveAttributeAsync("data-kind", "hint");
        await Expect(page.Page.Locator("#empty")).ToBeVisibleAsync();
    });

    [Fact]
    public Task Channel_Paused_HoldsMessagesUntilItFollows() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        var pause = page.Page.Locator("#pause");
        await Publish(2, channel, "one");
        await page.Message("one").WaitForAsync();
        await pause.ClickAsync();
        await Publish(2, channel, "two");
        await Expect(pause).ToHaveTextAsync("Follow (1 new)");
        await Expect(page.Messages).ToHaveCountAsync(1);
        await pause.ClickAsync();
        await page.Message("two").WaitForAsync();
        await Expect(pause).ToHaveAttributeAsync("data-held", "false");
        await page.Page.Locator("#clear").ClickAsync();
        await Expect(page.Messages).ToHaveCountAsync(0);
        await Publish(2, channel, "three");
        await page.Message("three").WaitForAsync();
        await Expect(page.Messages).ToHaveCountAsync(1);
    });

    [Theory]
    [InlineData("numbers", "Only the bridge publishes here")]
    [InlineData("announce", "Only the nodes publish here")]
    public Task Channel_FedByTheGateway_IsClosedForPublishingAndSaysWhy(string channel, string reason) => Visiting(Nodes, async visit =>
    {
        var page = await visit.Open(new Uri(Nodes.Address(2), channel));
        await Expect(page.Page.Locator("#publish-closed")).ToContainTextAsync(reason);
        await Expect(page.Page.Locator("#publish-form")).ToBeHiddenAsync();
        await Expect(page.Messages.Nth(1)).ToBeVisibleAsync();
        await Expect(page.Page.Locator("#channel-commands")).Not.ToContainTextAsync("-d");
    });

    // A browser has six connections for an origin: one that is left open each time would soon stop the page.
    [Fact]
    public Task Channel_LoadedAgainAndAgain_LeavesOnlyItsStreamUnderWay() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var address = new Uri(Nodes.Address(1), channel);
        var page = await visit.Open(address);
        for (var load = 0; load < 7; load++)
        {
            await page.Page.ReloadAsync();
            await page.IsOn(1);
        }

        await page.Publish("still there");
        await Until.True(
            () => page.UnderWay.Where(x => !x.EndsWith("/-/cluster", StringComparison.Ordinal)).ToList() is [var stream] && stream.StartsWith($"{address}?as=json", StringComparison.Ordinal),
            $"only the stream is under way: {string.Join(' ', page.UnderWay)}");
    });

    [Fact]
    public Task Channel_Deleted_SaysSoAndGoesOn() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        await Publish(2, channel, "before");
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await page.Message("before").WaitForAsync();
        using var answer = await shared.Http.DeleteAsync(new Uri(Nodes.Address(2), channel));
        Assert.True(answer.IsSuccessStatusCode);
        await Expect(page.Gaps.First).ToHaveTextAsync("The channel was deleted");
        await page.Publish("after");
        await page.IsOn(1);
        await Expect(page.Messages).ToHaveCountAsync(2);
    });

    private Task<string> Publish(int node, string channel, string text) => shared.Publish(node, channel, "text/plain", text);
}
