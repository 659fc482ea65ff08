using System.Globalization;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>A channel's page goes back to the first message and forward again, and holds no more than a part of it.</summary>
[Collection(UnhurtPages.Name)]
public sealed class HistoryTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private const int Rows = 500;

    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Channel_ScrolledBackAndForward_ShowsEachMessageInItsPlace() => Visiting(Nodes, async visit =>
    {
        const int Count = 800;
        var channel = SharedNodes.FreshChannel();
        await shared.PublishNumbers(2, channel, Count);
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        var pane = page.Page.Locator("#messages-pane");
        await Until.True(async () => (await Offsets(page))[^1] == Count, "the newest message is there");
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Pause");

        // Back, to the first.
        await pane.FocusAsync();
        await Until.True(
            async () =>
            {
                await pane.PressAsync("Home");
                return (await Offsets(page))[0] == 1;
            },
            "the first message is reached",
            20);
        await Expect(page.Page.Locator("#history")).ToContainTextAsync("This is the first message of the channel.");
        await Expect(page.Page.Locator("#count")).ToHaveTextAsync($"{Count} messages");

        // What comes meanwhile waits.
        await shared.Publish(3, channel, "text/plain", "published meanwhile");
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Follow (1 new)");
        await Expect(page.Message("published meanwhile")).ToHaveCountAsync(0);

        // Forward, until it follows again.
        await Until.True(
            async () =>
            {
                await page.Page.EvaluateAsync("document.getElementById('messages-pane').scrollTop = 1e9");
                return (await Offsets(page))[^1] == Count + 1;
            },
            "the newest message is reached",
            20);
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Pause");

        // And at once, from far back.
        await Until.True(
            async () =>
            {
                await pane.PressAsync("Home");
                return (await Offsets(page))[0] < 250;
            },
            "it is far back again",
            20);
        await pane.PressAsync("End");
        await page.Message("published meanwhile").WaitForAsync();
        await Expect(page.Page.Locator("#pause")).ToHaveTextAsync("Pause");
        await Offsets(page);
    });

    [Fact]
    public Task Channel_ReadWhileOlderOnesCome_StaysWhereItIsRead() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        await shared.PublishNumbers(2, channel, 400);
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await Until.True(async () => (await Offsets(page))[^1] == 400, "the newest message is there");
        await page.Page.Locator("#pause").ClickAsync();
        var first = (await Offsets(page))[0];
        var read = page.Page.Locator($".message[data-id$='-{first}']");
        await page.Page.EvaluateAsync("document.getElementById('messages-pane').scrollTop = 200");
        var before = (await read.BoundingBoxAsync())!.Y;
        await Until.True(async () => (await Offsets(page))[0] < first, "older ones are there");
        Assert.InRange((await read.BoundingBoxAsync())!.Y, before - 1, before + 1);
    });

    [Fact]
    public Task Channel_Cleared_ShowsWhatWasThereWhenAsked() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        await shared.PublishNumbers(2, channel, 15);
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        await Until.True(async () => (await Offsets(page)) is [1, .., 15], "all messages are there");
        await page.Page.Locator("#clear").ClickAsync();
        await Expect(page.Messages).ToHaveCountAsync(0);
        await shared.Publish(2, channel, "text/plain", "after it");
        await Expect(page.Messages).ToHaveCountAsync(1);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Older messages" }).ClickAsync();
        await Until.True(async () => (await Offsets(page)) is [1, .., 16], "all messages are there again");
    });

    // The list is always a part of the channel without holes.
    private static async Task<int[]> Offsets(Tab page)
    {
        var ids = await page.Messages.EvaluateAllAsync<string[]>("rows => rows.map(x => x.dataset.id)");
        if (ids.Length == 0)
        {
            return [0];
        }

        var offsets = ids.Select(x => int.Parse(x.Split('-')[1], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(Enumerable.Range(offsets[0], offsets.Length), offsets);
        Assert.InRange(offsets.Length, 1, Rows);
        return offsets;
    }
}
