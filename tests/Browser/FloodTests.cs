using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>A channel's page while more comes than anybody can read.</summary>
[Collection(UnhurtPages.Name)]
public sealed class FloodTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private const int Count = 100_000;

    // As many as a channel keeps: a page that is further behind misses some, and says so.
    private const int AtOnce = 10_000;

    // The longest times in which the page took no click and drew nothing (ms).
    private const string WatchFrames = """
        () => {
          window.longest = [0, 0];
          let last = performance.now();
          const frame = now => {
            longest = [...longest, now - last].sort((x, y) => y - x).slice(0, 2);
            last = now;
            requestAnimationFrame(frame);
          };
          requestAnimationFrame(frame);
        }
        """;

    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Channel_HundredThousandMessages_PassByWithoutGrowthAndFreezing() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await using var devTools = await DevTools.Open(page.Page);
        await PassBy(page, channel, 0, Count / 10);
        var before = await devTools.Measure();
        await page.Page.EvaluateAsync(WatchFrames);
        await PassBy(page, channel, Count / 10, Count);
        var longest = await page.Page.EvaluateAsync<double[]>("longest");
        var after = await devTools.Measure();
        Tell($"{before} before, {after} after; the longest times between two frames were {longest[0]:0} and {longest[1]:0} ms");
        Assert.InRange(after.Nodes, 1, 30_000);
        Assert.InRange(after.Nodes, 1, before.Nodes * 1.1);
        Assert.InRange(after.Heap, 1, before.Heap + 2_000_000);

        // What the page does to itself it does with each ten thousand. Once it may be the machine that stood still.
        Assert.InRange(longest[1], 1, 2000);
        Assert.InRange(longest[0], 1, 10_000);
        await Expect(page.Gaps).ToHaveCountAsync(0);
        await Expect(page.Messages.Last).ToContainTextAsync($"{AtOnce}");

        // Paused, it holds no more.
        await page.Page.Locator("#pause").ClickAsync();
        await PassBy(page, channel, Count, Count + (Count / 10));
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Follow (10,000 new)");
        var paused = await devTools.Measure();
        Assert.InRange(paused.Heap, 1, before.Heap + 2_000_000);
        await shared.Publish(3, channel, "text/plain", "still there");
        await page.Page.Locator("#pause").ClickAsync();
        await page.Message("still there").WaitForAsync();
    });

    private async Task PassBy(Tab page, string channel, int from, int to)
    {
        for (var count = from + AtOnce; count <= to; count += AtOnce)
        {
            await shared.PublishNumbers(2, channel, AtOnce);
            await page.Page.WaitForFunctionAsync("text => document.getElementById('count').textContent === text", $"{count:N0} messages");
        }
    }

    private readonly record struct Size(double Nodes, double Heap);

    /// <summary>The browser's own measures of a page.</summary>
    private sealed class DevTools(ICDPSession session) : IAsyncDisposable
    {
        public static async Task<DevTools> Open(IPage page)
        {
            var session = await page.Context.NewCDPSessionAsync(page);
            await session.SendAsync("Performance.enable");
            return new DevTools(session);
        }

        /// <summary>What is left when nobody holds what is not needed: DOM nodes, and bytes of the script's heap.</summary>
        public async Task<Size> Measure()
        {
            await session.SendAsync("HeapProfiler.collectGarbage");
            var metrics = (await session.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
                .ToDictionary(x => x.GetProperty("name").GetString()!, x => x.GetProperty("value").GetDouble());
            return new Size(metrics["Nodes"], metrics["JSHeapUsedSize"]);
        }

        public async ValueTask DisposeAsync() => await session.DetachAsync();
    }
}
