using System.Text;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>Whatever was published is shown as text and runs nothing.</summary>
[Collection(UnhurtPages.Name)]
public sealed class HostileMessageTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private const string Svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked = 1'><script>window.hacked = 1</script></svg>";
    private const string Html = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'><iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>";

    private static readonly (string Type, string Text)[] Shown =
    [
        ("text/plain", Html),
        ("text/html", Html),
        ("image/svg+xml", Svg),
        ("application/xhtml+xml", Html),
        ("text/javascript", "window.hacked = 1"),
        ("text/plain", "javascript:window.hacked=1"),
        ("text/plain", "data: x\nevent: gap\ndata: {}\n\nid: zzzzzzzz-99"),
        ("text/plain", "العربية and עברית beside Latin"),
        ("text/plain", "zalgo " + string.Concat(Enumerable.Repeat("e\u0301\u0302\u0303\u0304\u0305\u0306", 40))),
    ];

    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Channel_MarkupOfAnyType_IsShownAsText() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        foreach (var (type, text) in Shown)
        {
            await Publish(channel, type, text);
        }

        await Expect(page.Messages).ToHaveCountAsync(Shown.Length);
        Assert.Equal(Shown.Select(x => x.Text), await page.Messages.Locator(".message-text").EvaluateAllAsync<string[]>("x => x.map(y => y.textContent)"));
        await Expect(page.Gaps).ToHaveCountAsync(0);
        await page.Picture("hostile-markup");
        await Harmless(page);
    });

    [Fact]
    public Task Channel_ControlAndBidiCharacters_AreMarks() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await Publish(channel, "text/plain", "\0 \u0001 \u001b[31m \u007f \u202e evil \u2066 \ufeff");
        await Expect(page.Messages.Locator(".mark")).ToHaveTextAsync(["NUL", "SOH", "ESC", "DEL", "RLO", "LRI", "U+FEFF"]);
        await Publish(channel, "text/plain", $"exe{'\u202e'}fdp.tnuocca");
        await Publish(channel, "text/plain", "after it");
        await page.Message("after it").WaitForAsync();
        Assert.DoesNotContain('\u202e', (await page.Page.Locator("body").TextContentAsync())!);
        await page.Picture("hostile-characters");
        await Harmless(page);
    });

    [Fact]
    public Task Channel_HostileJson_IsShownAsItWasWritten() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await Publish(channel, "application/json", """{"__proto__": {"hacked": 1}, "constructor": {"prototype": {"hacked": 1}}, "</script><script>hacked = 1</script>": "<img src=x onerror=hacked=1>"}""");
        await Publish(channel, "application/json", $"\"exe\\u202e{'\u202e'}fdp\"");
        await Publish(channel, "application/json", new string('[', 7000) + new string(']', 7000));
        await Publish(channel, "application/json", $"[\"{new string('x', 1024 * 1024 - 10)}\"]");
        await Publish(channel, "application/json", $"[{string.Concat(Enumerable.Repeat("[{\"a\":1}],", 90_000))}0]");
        await Publish(channel, "text/plain", "after it");
        await page.Message("after it").WaitForAsync();
        await Expect(page.Messages.Nth(0).Locator("summary > .json-name")).ToHaveTextAsync(["\"__proto__\"", "\"constructor\"", "\"prototype\""]);
        await Expect(page.Messages.Nth(0).Locator(".json-string")).ToHaveTextAsync("\"<img src=x onerror=hacked=1>\"");
        await Expect(page.Messages.Nth(1).Locator(".json-string")).ToHaveTextAsync("\"exe\\u202eRLOfdp\"");
        await page.Messages.Nth(2).Locator("summary").ClickAsync();
        await Expect(page.Messages.Nth(2).Locator("details[open]")).ToHaveCountAsync(1);
        foreach (var large in new[] { 3, 4 })
        {
            await page.Messages.Nth(large).GetByRole(AriaRole.Button, new() { Name = "Show as JSON" }).ClickAsync();
            await page.Messages.Nth(large).Locator("summary").First.WaitForAsync();
        }

        Assert.InRange(await page.Page.EvaluateAsync<int>("document.querySelectorAll('#messages *').length"), 1, 5000);
        await Harmless(page);
    });

    [Fact]
    public Task Channel_HostilePicturesAndBrokenText_AreBytes() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await shared.Publish(2, channel, "image/gif", Gif(8000, 8000));
        await shared.Publish(2, channel, "image/gif", Gif(60_000, 60_000));
        await shared.Publish(2, channel, "image/png", "no picture"u8.ToArray());
        await shared.Publish(2, channel, "image/gif", Encoding.UTF8.GetBytes(Html));
        await shared.Publish(2, channel, "image/png", Encoding.UTF8.GetBytes(Svg));
        await shared.Publish(2, channel, "image/png\"onerror=\"hacked=1", [0xff]);
        await shared.Publish(2, channel, "text/plain", [0x66, 0x6f, 0xff, 0xfe, 0xc0, 0x80]);
        await Expect(page.Messages).ToHaveCountAsync(7);
        await Expect(page.Messages.Nth(0)).ToContainTextAsync("a picture of 8,000 × 8,000 pixels is too large to be drawn");
        foreach (var row in new[] { 1, 2, 3, 4 })
        {
            await Expect(page.Messages.Nth(row)).ToContainTextAsync("no picture that can be shown");
        }

        await Expect(page.Messages.Nth(5).Locator(".message-text")).ToHaveTextAsync("1 byte ff");
        await Expect(page.Messages.Nth(6).Locator(".message-text")).ToHaveTextAsync("6 bytes 66 6f ff fe c0 80");
        await Harmless(page);
    });

    [Fact]
    public Task Channel_HugeMessages_AreCutAndTheirPageStaysQuick() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await Publish(channel, "text/plain", new string('w', 1024 * 1024));
        await Publish(channel, "text/plain", string.Concat(Enumerable.Repeat("line\n", 100_000)));
        await Publish(channel, "text/plain", string.Concat(Enumerable.Repeat("\u202e", 100_000)));
        await Publish(channel, "text/plain", "after it");
        await page.Message("after it").WaitForAsync();
        await Expect(page.Messages).ToHaveCountAsync(4);
        await Expect(page.Messages.First).ToContainTextAsync("whole message, 1,048,576 characters");
        Assert.InRange(await page.Page.EvaluateAsync<int>("document.getElementById('messages').textContent.length"), 1, 20_000);
        await Harmless(page);
    }, width: 390, height: 844);

    [Fact]
    public Task Channel_MarkupAsItsName_IsShownAsText() => Visiting(Nodes, async visit =>
    {
        const string Name = "<img src=x onerror=hacked=1>\u202e&amp;";
        var page = await visit.Open(new Uri(Nodes.Address(1), Uri.EscapeDataString(Name)));
        await Expect(page.Page.Locator("#channel-name")).ToHaveTextAsync(Name.Replace("\u202e", "RLO", StringComparison.Ordinal));
        await page.Publish("to a channel of that name");
        await Harmless(page);
    });

    private Task<string> Publish(string channel, string type, string text) => shared.Publish(2, channel, type, text);

    /// <summary>A GIF of one dot in a frame of any size: what is to be drawn is far larger than its bytes.</summary>
    private static byte[] Gif(ushort width, ushort height) =>
    [
        .. "GIF89a"u8, (byte)width, (byte)(width >> 8), (byte)height, (byte)(height >> 8), 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff,
        0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
    ];

    private static async Task Harmless(Tab page)
    {
        Assert.True(await page.Page.EvaluateAsync<bool>("window.hacked === undefined"));
        await Expect(page.Page.Locator("main :is(script, iframe, svg, object, embed, style), main img:not(.picture img), h1 img")).ToHaveCountAsync(0);
        await page.CheckFits();
    }
}
