using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>Publishing in a channel's page, and using the page by keyboard.</summary>
[Collection(UnhurtPages.Name)]
public sealed class PublishFormTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Form_TextJsonAndAnotherType_ArePublishedAsWhatTheyAre() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        var (text, kind, type, result) = (page.Page.Locator("#publish-text"), page.Page.Locator("#publish-kind"), page.Page.Locator("#publish-type"), page.Page.Locator("#publish-result"));
        await Expect(type).ToBeHiddenAsync();
        await text.PressSequentiallyAsync("two");
        await text.PressAsync("Shift+Enter");
        await text.PressSequentiallyAsync("lines");
        await text.PressAsync("Enter");
        await page.Message("two\nlines").WaitForAsync();

        await kind.SelectOptionAsync("JSON");
        await text.FillAsync("{\"a\":");
        await text.PressAsync("Control+Enter");
        await Expect(result).ToContainTextAsync("This is not JSON");
        await Expect(text).ToHaveValueAsync("{\"a\":");
        await text.PressAsync("End");
        await text.PressAsync("Enter");
        await text.PressSequentiallyAsync("1}");
        await text.PressAsync("Control+Enter");
        await Expect(page.Messages.Last.Locator(".json-line")).ToHaveTextAsync(["\"a\": 1", "}"]);

        await kind.SelectOptionAsync("Another type");
        await text.FillAsync("# A title");
        await page.Page.Locator("#publish-button").ClickAsync();
        await Expect(result).ToContainTextAsync("such as text/markdown");
        await Expect(type).ToBeFocusedAsync();
        await type.FillAsync("text/markdown; charset=utf-8");
        await type.PressAsync("Enter");
        await Expect(page.Messages.Last.Locator(".message-type")).ToHaveTextAsync("text/markdown");
        await Expect(page.Messages).ToHaveCountAsync(3);
    });

    [Fact]
    public Task Form_WhatTheGatewayRefuses_SaysWhyAndKeepsTheText() => Visiting(Nodes, async visit =>
    {
        visit.Refused = 413;
        var page = await visit.Open(new Uri(Nodes.Address(1), SharedNodes.FreshChannel()));
        var tooLong = new string('x', (1024 * 1024) + 1);
        await page.Page.Locator("#publish-text").FillAsync(tooLong);
        await page.Page.Locator("#publish-button").ClickAsync();
        await Expect(page.Page.Locator("#publish-result")).ToHaveAttributeAsync("data-kind", "error");
        await Expect(page.Page.Locator("#publish-result")).ToContainTextAsync("1048576");
        await Expect(page.Page.Locator("#publish-text")).ToHaveValueAsync(tooLong);
        await Expect(page.Messages).ToHaveCountAsync(0);
    });

    [Fact]
    public Task Keys_OfThePage_DoWhatTheySay() => Visiting(Nodes, async visit =>
    {
        var page = await visit.Open(new Uri(Nodes.Address(1), SharedNodes.FreshChannel()));
        var (keyboard, focused) = (page.Page.Keyboard, page.Page.Locator(":focus"));

        // Past the messages at once, or through the page in the order in which it is read.
        await keyboard.PressAsync("Tab");
        await Expect(focused).ToHaveTextAsync("Skip the messages");
        var order = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            await keyboard.PressAsync("Tab");
            order.Add(await focused.EvaluateAsync<string>("x => x.id || x.className || x.textContent"));
            Assert.NotEqual("none", await focused.EvaluateAsync<string>("x => getComputedStyle(x).outlineStyle"));
        }

        Assert.Equal(["home-link", "pause", "clear", "keys-button", "messages-pane", "publish-text", "publish-button", "publish-kind", "copy"], order);

        await page.Publish("one");
        await keyboard.PressAsync("Escape");
        await Expect(focused).ToHaveIdAsync("messages-pane");
        await keyboard.PressAsync("p");
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Follow");
        await keyboard.PressAsync("p");
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Pause");
        await keyboard.PressAsync("w");
        await Expect(focused).ToHaveIdAsync("publish-text");
        await keyboard.PressAsync("p");
        await Expect(page.Page.Locator("#publish-text")).ToHaveValueAsync("p");
        await keyboard.PressAsync("Escape");
        await keyboard.PressAsync("?");
        await Expect(page.Page.Locator("#keys")).ToBeVisibleAsync();
        await keyboard.PressAsync("Escape");
        await Expect(page.Page.Locator("#keys")).ToBeHiddenAsync();
    });
}
