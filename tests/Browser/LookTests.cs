using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>How the pages look: on a phone and a desk, in the light and in the dark; and that everybody can use them.</summary>
[Collection(UnhurtPages.Name)]
public sealed class LookTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    // The contrast (WCAG 2.2, 1.4.3) of each piece of text that can be seen with what is behind it; [text, ratio] where it is too low.
    private const string LowContrasts = """
        () => {
          const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
          const over = (colors) => {
            canvas.clearRect(0, 0, 1, 1);
            for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const luminance = rgb => rgb.map(x => x / 255).map(x => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
            .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
          const low = [];
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const text = texts.currentNode.data.trim();
            const element = texts.currentNode.parentElement;
            if (text === '' || !element.checkVisibility()) continue;
            const behind = [];
            for (let at = element; at !== null; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
            const [back, front] = [over(behind), over([...behind, getComputedStyle(element).color])].map(luminance);
            const ratio = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
            if (ratio < 4.5) low.push(`${text}: ${ratio.toFixed(2)}`);
          }
          return low;
        }
        """;

    private GatewayNodes Nodes => shared.Nodes;

    [Theory]
    [InlineData(1280, 900, ColorScheme.Light)]
    [InlineData(1280, 900, ColorScheme.Dark)]
    [InlineData(360, 760, ColorScheme.Light)]
    [InlineData(360, 760, ColorScheme.Dark)]
    public Task Pages_OnADeskAndAPhone_FitAndCanBeRead(int width, int height, ColorScheme scheme) => Visiting(Nodes, async visit =>
    {
        var name = $"{(width < 600 ? "phone" : "desk")}-{scheme}";
        var home = await visit.Open(Nodes.Address(1));
        await home.MoreNumbers();
        await Expect(home.Nodes("active")).ToHaveCountAsync(3);
        await Looks(home, $"{name}-home");

        var numbers = await visit.Open(new Uri(Nodes.Address(1), "numbers"));
        await numbers.Messages.Nth(5).WaitForAsync();
        await numbers.Picture($"{name}-numbers");
        await numbers.CheckFits();

        var channel = await visit.Open(new Uri(Nodes.Address(1), $"{SharedNodes.FreshChannel()}/with-a-name-that-is-as-long-as-names-sometimes-are"));
        await channel.Publish("A message of an ordinary length, such as people send to each other when they try something.");
        await channel.Publish("https://example.org/" + new string('a', 120));
        Assert.Equal(scheme == ColorScheme.Dark, await channel.Page.EvaluateAsync<bool>("matchMedia('(prefers-color-scheme: dark)').matches"));
        await channel.Picture($"{name}-channel");

        // One of each kind, and the keys over all of it.
        var path = channel.Page.Url[Nodes.Address(1).ToString().Length..];
        await shared.Publish(2, path, "image/png", await home.Page.ScreenshotAsync());
        await shared.Publish(2, path, "application/octet-stream", [.. Enumerable.Repeat((byte)0xee, 100)]);
        await shared.Publish(2, path, "text/plain", string.Join('\n', Enumerable.Range(1, 30).Select(x => $"line {x}")));
        await shared.Publish(2, path, "application/json", $"[{string.Join(',', Enumerable.Range(0, 250))}]");
        await shared.Publish(2, path, "application/json", """{"sensor": "kitchen", "celsius": 21.5, "open": true, "since": null, "tags": ["a", "b"]}""");
        await shared.Publish(2, path, "text/plain", "control \u0007 and bidi \u202e characters");
        await Expect(channel.Messages).ToHaveCountAsync(8);
        await channel.Page.Locator(".picture[data-loaded=true]").WaitForAsync();
        await Looks(channel, $"{name}-kinds");
        await channel.Page.Locator("#keys-button").ClickAsync();
        await Expect(channel.Page.Locator("#keys")).ToBeVisibleAsync();
        await Looks(channel, $"{name}-keys");
    }, width, height, scheme);

    private static async Task Looks(Tab tab, string picture)
    {
        await tab.Picture(picture);
        await tab.CheckFits();
        await Axe.Check(tab.Page);
        Assert.Empty(await tab.Page.EvaluateAsync<string[]>(LowContrasts));
    }
}
