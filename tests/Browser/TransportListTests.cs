using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>The lines of a channel's page that are to be copied.</summary>
[Collection(UnhurtPages.Name)]
public sealed class TransportListTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Lines_OfAChannel_AreCopiedAndWorkAsTheyStand() => Visiting(Nodes, async visit =>
    {
        var address = new Uri(Nodes.Address(1), SharedNodes.FreshChannel()).ToString();
        var page = await visit.Open(new Uri(address));
        await page.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var rows = page.Page.Locator("#channel-commands .command");
        var (lines, urls) = (new List<string>(), new List<string>());
        foreach (var row in await rows.AllAsync())
        {
            lines.Add(await Copy(page, row.GetByRole(AriaRole.Button, new() { NameRegex = new("^Copy: ") })));
        }

        foreach (var button in await rows.GetByRole(AriaRole.Button, new() { NameRegex = new("^URL, copy: ") }).AllAsync())
        {
            urls.Add(await Copy(page, button));
        }

        Assert.Equal(await rows.Locator("code").AllTextContentsAsync(), lines);
        var socket = address.Replace("http", "ws", StringComparison.Ordinal);
        Assert.Equal(
            [
                address, address, $"{address}?as=json", $"{address}?as=sse", socket, socket, $"{address}?as=tail", $"{address}?as=tail&render=svg",
                $"{address}?poll=1", $"{address}?since=10m", $"{address}?since=all",
            ],
            urls);

        // Where the page is not secure there is only the old way.
        await page.Page.EvaluateAsync("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
        await page.Page.EvaluateAsync("addEventListener('copy', x => window.copied = x.clipboardData.getData('text/plain'))");
        await rows.GetByRole(AriaRole.Button, new() { Name = "URL, copy: WebSocket", Exact = true }).ClickAsync();
        Assert.Equal(socket, await page.Page.EvaluateAsync<string>("copied"));

        var publishing = lines.Where(x => x.Contains(" -d ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, publishing.Count);
        foreach (var line in publishing)
        {
            Assert.Equal("OK\n", await Shell.Run(line));
        }

        await Expect(page.Messages).ToHaveCountAsync(2);
        await Expect(page.Messages.Locator(".message-text").First).ToHaveTextAsync("Hello, world");
        await Expect(page.Messages.Last.Locator(".json-name")).ToHaveTextAsync("\"hello\"");
        Assert.Contains("Hello, world", await Shell.Run(lines.Single(x => x.Contains("poll=1", StringComparison.Ordinal))), StringComparison.Ordinal);

        // Streams go on until they are ended. Each may begin after a message.
        var streams = lines.Where(x => x.StartsWith("curl -N ", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, streams.Count);
        var heard = streams.ConvertAll(line => Shell.RunUntil(line, "for all of them"));
        await Until.True(
            async () =>
            {
                await shared.Publish(2, new Uri(address).AbsolutePath[1..], "text/plain", "for all of them");
                return heard.TrueForAll(x => x.IsCompleted);
            },
            "all streams have it",
            40);
        await Task.WhenAll(heard);
    });

    /// <summary>Copies by a button, which says so.</summary>
    /// <returns>What is in the clipboard then.</returns>
    private static async Task<string> Copy(Tab page, ILocator button)
    {
        await button.ClickAsync();
        await Expect(button).ToHaveTextAsync("Copied");
        var copied = await page.Page.EvaluateAsync<string>("navigator.clipboard.readText()");
        await Expect(page.Page.Locator("#copied")).ToHaveTextAsync($"Copied: {copied}");
        return copied;
    }
}
