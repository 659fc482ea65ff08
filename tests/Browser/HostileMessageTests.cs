using System.Net.Http.Headers;
using System.Text;
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
        ("application/json", """{"a": "</script><script>window.hacked = 1</script>"}"""),
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

    private async Task Publish(string channel, string type, string text)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        body.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var answer = await shared.Http.PostAsync(new Uri(Nodes.Address(2), channel), body);
        Assert.True(answer.IsSuccessStatusCode, $"{answer}");
    }

    private static async Task Harmless(Tab page)
    {
        Assert.True(await page.Page.EvaluateAsync<bool>("window.hacked === undefined"));
        await Expect(page.Page.Locator("main :is(script, img, iframe, svg), h1 img")).ToHaveCountAsync(0);
        await page.CheckFits();
    }
}
