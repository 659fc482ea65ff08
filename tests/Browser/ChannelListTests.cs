using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>The channels on the home page, and the whole of a message that a channel's page cuts.</summary>
[Collection(UnhurtPages.Name)]
[Trait("Needs", "listing")]
public sealed class ChannelListTests(SharedNodes shared, Chromium chromium, ITestOutputHelper output) : VisitTests(chromium, output)
{
    private GatewayNodes Nodes => shared.Nodes;

    [Fact]
    public Task Channels_OfAPrefix_AreListedPageByPageAndLeadToTheirPages() => Visiting(Nodes, async visit =>
    {
        var prefix = SharedNodes.FreshChannel();
        var names = Enumerable.Range(10, 25).Select(x => $"{prefix}/{x}").ToList();
        await Task.WhenAll(names.Select((x, i) => shared.Publish((i % 3) + 1, x, "text/plain", "x")));
        var home = await visit.Open(Nodes.Address(1));
        var (rows, status) = (home.Page.Locator("#channels-rows a"), home.Page.Locator("#channels-status"));
        await home.Page.Locator("#channels-prefix").FillAsync($"{prefix}/");
        await Expect(rows).ToHaveTextAsync(names[..10]);
        await Expect(status).ToHaveTextAsync("1–10");
        var (previous, next) = (home.Page.Locator("#channels-previous"), home.Page.Locator("#channels-next"));
        await Expect(previous).ToBeDisabledAsync();
        await next.ClickAsync();
        await Expect(rows).ToHaveTextAsync(names[10..20]);
        await next.ClickAsync();
        await Expect(rows).ToHaveTextAsync(names[20..]);
        await Expect(status).ToHaveTextAsync("21–25");
        await Expect(next).ToBeDisabledAsync();
        await previous.ClickAsync();
        await Expect(rows).ToHaveTextAsync(names[10..20]);
        await home.Page.Locator("#channels-prefix").FillAsync($"{prefix}/none");
        await Expect(home.Page.Locator("#channels-note")).ToHaveTextAsync("No channel begins so.");
        await Expect(rows).ToHaveCountAsync(0);
        await home.Page.Locator("#channels-prefix").FillAsync($"{prefix}/3");
        await Expect(rows).ToHaveTextAsync(names[20..]);
        await home.Picture("channels", whole: true);
        await rows.First.ClickAsync();
        await Expect(home.Page.Locator("#channel-name")).ToHaveTextAsync(names[20]);
    });

    [Fact]
    public Task Channels_MessagesAndSubscribersCome_ShowsHowManyAndHowFast() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        await shared.Publish(2, channel, "text/plain", "1");
        await using var reader = await Reader.Open(Nodes.Address(3), channel, "raw");
        var home = await visit.Open(Nodes.Address(1));
        await home.Page.Locator("#channels-prefix").FillAsync(channel);
        var cells = home.Page.Locator("#channels-rows td");
        await Expect(cells).ToHaveTextAsync(["–", "1", "1"]);
        var last = string.Empty;
        await Until.True(
            async () =>
            {
                last = await shared.Publish(2, channel, "text/plain", "more");
                return (await cells.First.TextContentAsync())!.Contains(" a ", StringComparison.Ordinal);
            },
            "a rate is shown",
            20);
        await Expect(home.Page.Locator("#channels-rows .channel-id")).ToHaveTextAsync(last);
    });

    [Fact]
    public Task WholeMessage_OfOneThatIsCut_IsAllOfItAndRunsNothing() => Visiting(Nodes, async visit =>
    {
        var channel = SharedNodes.FreshChannel();
        var text = $"<script>document.title = 'hacked'</script>{new string('x', 100_000)}";
        await shared.Publish(2, channel, "text/plain", text);
        var page = await visit.Open(new Uri(Nodes.Address(1), channel));
        var whole = await page.Page.Context.RunAndWaitForPageAsync(() => page.Messages.GetByRole(AriaRole.Link, new() { Name = "whole message, 100,042 characters" }).ClickAsync());
        Assert.Equal(text, await whole.Locator("body").TextContentAsync());
        Assert.NotEqual("hacked", await whole.TitleAsync());
        Assert.Equal("null", await whole.EvaluateAsync<string>("origin"));
    });
}
