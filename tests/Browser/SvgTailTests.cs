using System.Net.Http.Headers;
using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>A live text in any page, by an <c>img</c> and without a script.</summary>
[Collection(UnhurtPages.Name)]
public sealed class SvgTailTests(SharedNodes shared, Chromium chromium)
{
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Img_TailAsSvg_ShowsWhatIsPublishedAndRunsNothing(ColorScheme scheme)
    {
        var channel = SharedNodes.FreshChannel();
        await using var context = await chromium.Browser.NewContextAsync(new() { JavaScriptEnabled = true, ColorScheme = scheme });
        var page = await context.NewPageAsync();
        await Publish(channel, "text/plain", "41");
        await page.SetContentAsync(
            $"<html style='color-scheme: light dark'><img id=live src='{new Uri(shared.Nodes.Address(1), $"{channel}?as=tail&render=svg")}'></html>",
            new() { WaitUntil = WaitUntilState.DOMContentLoaded });
        var image = page.Locator("#live");
        await Expect(image).ToHaveJSPropertyAsync("naturalWidth", 34, new() { Timeout = 30_000 });
        var first = await image.ScreenshotAsync();

        await Publish(channel, "text/plain", "42");
        await Until.True(async () => !(await image.ScreenshotAsync()).SequenceEqual(first), "another number of the same width is shown");
        await Publish(channel, "text/plain", "41");
        await Until.True(async () => (await image.ScreenshotAsync()).SequenceEqual(first), "the first number is shown again as it was");

        await Publish(channel, "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload='top.hacked=1'><script>top.hacked=1</script></svg>");
        await Expect(image).ToHaveJSPropertyAsync("naturalHeight", 36, new() { Timeout = 30_000 });
        await Until.True(async () => await image.EvaluateAsync<int>("x => x.naturalWidth") > 700, "markup is shown as text");
        await image.ScreenshotAsync(new() { Path = Path.Combine(chromium.Pictures, $"svg-tail-{scheme}.png") });
        Assert.True(await page.EvaluateAsync<bool>("window.hacked === undefined"));
    }

    private async Task Publish(string channel, string type, string text)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        using var answer = await shared.Http.PostAsync(new Uri(shared.Nodes.Address(2), channel), body);
        Assert.True(answer.IsSuccessStatusCode, $"{answer}");
    }
}
