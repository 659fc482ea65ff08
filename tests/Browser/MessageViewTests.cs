using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>How messages of each kind are shown.</summary>
[Collection(UnhurtPages.Name)]
public sealed class MessageViewTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private const string Form = "application/x-www-form-urlencoded";

    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task JsonAndForms_SmallAndLarge_AreOpenOrFoldedAndUnfoldByMouseAndKeyboard() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await shared.Publish(2, channel, "application/json", """{"big": 12345678901234567890, "twice": 1, "twice": 1.0, "none": null, "list": [true, "a\u0041"]}""");
        await shared.Publish(2, channel, "application/vnd.x+json", $"[{string.Join(',', Enumerable.Range(0, 250))}]");
        await shared.Publish(2, channel, Form, """{"from":"curl -d"}""");
        await shared.Publish(2, channel, "application/json", "{not json");
        await Expect(page.Messages).ToHaveCountAsync(4);

        // As it was written: numbers, names that come twice, escapes.
        var small = page.Messages.Nth(0);
        await Expect(small.Locator("details[open]")).ToHaveCountAsync(2);
        Assert.Equal(
            ["\"big\": 12345678901234567890", "\"twice\": 1", "\"twice\": 1.0", "\"none\": null", "true", "\"a\\u0041\"", "]", "}"],
            await small.Locator(".json-line").AllTextContentsAsync());
        await Expect(small.Locator(".json-literal")).ToHaveTextAsync(["null", "true"]);
        await small.Locator("summary").Nth(1).ClickAsync();
        await Expect(small.Locator("details[open]")).ToHaveCountAsync(1);

        var large = page.Messages.Nth(1);
        await Expect(large.Locator("summary")).ToContainTextAsync("250 items");
        await Expect(large.Locator(".json-body *")).ToHaveCountAsync(0);
        await large.Locator("summary").FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(large.Locator(".json-number").Last).ToHaveTextAsync("99");

        // Who unfolds something reads it: nothing moves.
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Follow");
        await large.GetByRole(AriaRole.Button, new() { Name = "150 more" }).ClickAsync();
        await large.GetByRole(AriaRole.Button, new() { Name = "50 more" }).PressAsync("Enter");
        await Expect(large.Locator(".json-number").Last).ToHaveTextAsync("249");
        await large.Locator("summary").PressAsync("Space");
        await Expect(large.Locator("details[open]")).ToHaveCountAsync(0);
        await Expect(large.Locator("summary")).ToContainTextAsync("250 items");
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Pause");

        await Expect(page.Messages.Nth(2).Locator(".json-name")).ToHaveTextAsync("\"from\"");
        await Expect(page.Messages.Nth(3).Locator(".message-text")).ToHaveTextAsync("{not json");

        // curl -d calls all that it sends a form.
        await Shell.Run($"curl -sd 'a=1&b=two%20words' {new Uri(Nodes.Address(2), channel)}");
        await Expect(page.Message("a=1&b=two%20words").Locator(".message-type")).ToHaveTextAsync("form");
    });

    [Fact]
    public Task Unfold_AMessageComesAtTheSameMoment_NothingMovesAndItWaits() => Visiting(Nodes, async visit =>
    {
        var page = await visit.Open(new Uri(Nodes.Address(1), SharedNodes.FreshChannel()));

        // The list by itself, in frames that come when they are to.
        var after = await page.Page.EvaluateAsync<string>("""
            async () => {
              const { MessageList } = await import('/-/assets/message-list.js');
              const asked = [];
              window.requestAnimationFrame = work => asked.push(work);
              const frame = () => asked.splice(0).forEach(work => work());
              const frameAsked = async () => { while (asked.length === 0) await new Promise(resolve => setTimeout(resolve, 5)); };
              const pane = document.body.appendChild(document.createElement('div'));
              pane.style.cssText = 'height: 100px; overflow: auto';
              const rows = pane.appendChild(document.createElement('ul'));
              const row = message => {
                const item = document.createElement('li');
                item.innerHTML = `<details><summary>${message.data}</summary><p></p></details>`;
                item.querySelector('p').style.height = '500px';
                return item;
              };
              let state;
              const list = new MessageList(pane, rows, row, null, x => { state = x; });
              list.add({ id: 'e-1', data: 'one' });
              await frameAsked();
              frame();

              // The next message is to be drawn in the next frame.
              list.add({ id: 'e-2', data: 'two' });
              await frameAsked();
              const unfolded = new Promise(resolve => rows.querySelector('details').addEventListener('toggle', resolve));
              rows.querySelector('summary').click();
              await unfolded;
              frame();
              await new Promise(resolve => setTimeout(resolve));
              frame();
              frame();
              return `top ${pane.scrollTop}, held ${state.held}, news ${state.news}, shown ${rows.children.length}`;
            }
            """);
        Assert.Equal("top 0, held true, news 1, shown 1", after);
    });

    [Fact]
    public Task Pictures_OfRasterTypes_AreShownAndCanBeEnlarged() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await shared.Publish(2, channel, "image/png", await page.Page.ScreenshotAsync());
        await shared.Publish(2, channel, "image/jpeg", await page.Page.ScreenshotAsync(new() { Type = ScreenshotType.Jpeg }));
        await shared.Publish(2, channel, "image/png", [0xde, 0xad, 0x00, 0xff]);
        var pictures = page.Messages.Locator(".picture[data-loaded=true] img");
        await Expect(pictures).ToHaveCountAsync(2);
        Assert.True(await pictures.EvaluateAllAsync<bool>("all => all.every(x => x.naturalWidth === 1280)"));
        await Expect(page.Messages.First).ToContainTextAsync("1,280 × 900");
        await Expect(page.Messages.Last.Locator(".message-text")).ToHaveTextAsync("4 bytes, no picture that can be shown: de ad 00 ff");
        var height = (await pictures.First.BoundingBoxAsync())!.Height;
        var button = page.Page.GetByRole(AriaRole.Button, new() { Name = "Picture of 1280 × 900 pixels: enlarge it" }).First;
        await button.PressAsync("Enter");
        await Expect(button).ToHaveAttributeAsync("aria-pressed", "true");
        Assert.True((await pictures.First.BoundingBoxAsync())!.Height > 2 * height);
        await page.CheckFits();
    });

    [Fact]
    public Task BytesAndText_FewAndMany_ShowTheirBeginningAndMoreWhenAsked() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await shared.Publish(2, channel, "application/octet-stream", [0xde, 0xad, 0x00, 0xff]);
        var id = await shared.Publish(2, channel, "application/octet-stream", $"A text, then a zero.\0{new string('\u007f', 10_000)}");
        await Expect(page.Messages.Nth(0).Locator(".message-text")).ToHaveTextAsync("4 bytes de ad 00 ff");
        var many = page.Messages.Nth(1);
        await Expect(many.Locator(".message-text")).ToContainTextAsync("10,021 bytes 41 20 74");
        await Expect(many.GetByRole(AriaRole.Link, new() { Name = "all bytes" })).ToHaveAttributeAsync("href", $"{Nodes.Address(1)}-/channels/{channel}?id={id}");
        await many.GetByRole(AriaRole.Button, new() { Name = "Show the first 4,096 bytes" }).ClickAsync();
        var dump = (await many.Locator(".dump").TextContentAsync())!.Split('\n');
        Assert.Equal(4096 / 16, dump.Length);
        Assert.Equal("000010  65 72 6f 2e 00 7f 7f 7f 7f 7f 7f 7f 7f 7f 7f 7f  ero.............", dump[1]);
        await many.GetByRole(AriaRole.Button, new() { Name = "Show less" }).ClickAsync();
        await Expect(many.Locator(".dump")).ToBeHiddenAsync();

        await shared.Publish(2, channel, "text/plain", string.Join('\n', Enumerable.Range(1, 60).Select(x => $"line {x}")));
        var (text, button) = (page.Messages.Nth(2).Locator(".message-text"), page.Messages.Nth(2).Locator("button.more"));
        await Expect(text).ToContainTextAsync("line 20");
        await Expect(text).Not.ToContainTextAsync("line 21");
        await button.PressAsync("Enter");
        await Expect(text).ToContainTextAsync("line 60");
        await Expect(button).ToHaveTextAsync("Show less");
        await button.ClickAsync();
        await Expect(text).Not.ToContainTextAsync("line 21");
    });
}
