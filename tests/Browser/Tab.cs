using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>One of the gateway's pages in a tab.</summary>
internal sealed class Tab
{
    private readonly ConcurrentDictionary<IRequest, string> _underWay = new();
    private readonly string _pictures;
    private int _loaded;

    public Tab(IPage page, string pictures)
    {
        (Page, _pictures) = (page, pictures);
        page.DOMContentLoaded += (_, _) => Interlocked.Increment(ref _loaded);
        page.Request += (_, request) =>
        {
            // What a page left under way ends with it.
            if (request.IsNavigationRequest)
            {
                _underWay.Clear();
            }

            _underWay[request] = request.Url;
        };
        page.RequestFinished += (_, request) => _underWay.TryRemove(request, out string? _);
        page.RequestFailed += (_, request) => _underWay.TryRemove(request, out string? _);
    }

    public IPage Page { get; }

    public ILocator State => Page.Locator("#state");

    public ILocator Messages => Page.Locator("#messages .message");

    public ILocator Gaps => Page.Locator("#messages .note.gap");

    /// <summary>Requests that have not ended: the streams, and what is asked just now.</summary>
    public IEnumerable<string> UnderWay => _underWay.Values;

    public int Loaded => Volatile.Read(ref _loaded);

    public ILocator Node(int node) => Page.Locator($"#nodes .node[data-node=node-{node}]");

    public ILocator Nodes(string status) => Page.Locator($"#nodes .node[data-status={status}]");

    public ILocator Message(string text) => Messages.Filter(new() { Has = Page.GetByText(text, new() { Exact = true }) });

    /// <summary>Waits until the page is connected to a node.</summary>
    public async Task IsOn(int node)
    {
        await Expect(State).ToHaveAttributeAsync("data-connected", $"node-{node}");
        await Expect(State).ToHaveAttributeAsync("data-phase", "connected");
    }

    /// <summary>Waits until the page is connected to another node than one.</summary>
    /// <returns>Which it is: the first that answered.</returns>
    public async Task<int> IsOnAnother(int than)
    {
        await Expect(State).ToHaveAttributeAsync("data-connected", new Regex($"^node-[^{than}]$"));
        await Expect(State).ToHaveAttributeAsync("data-phase", "connected");
        return int.Parse((await State.GetAttributeAsync("data-connected"))!["node-".Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits for some more numbers; all that the page ever showed only grow, as the number server counts.</summary>
    public async Task<List<(long Number, double At)>> MoreNumbers(int more = 5)
    {
        await Page.WaitForFunctionAsync("([from, more]) => shown.length >= from + more", new[] { (await Shown()).Count, more });
        var shown = await Shown();
        foreach (var (before, after) in shown.Zip(shown.Skip(1)))
        {
            Assert.True(after.Number > before.Number, $"{after.Number} after {before.Number}");
        }

        return shown;
    }

    /// <summary>Publishes as a person does.</summary>
    /// <returns>The id that the page shows.</returns>
    public async Task<string> Publish(string text)
    {
        await Page.Locator("#publish-text").FillAsync(text);
        await Page.Locator("#publish-text").PressAsync("Enter");
        await Message(text).WaitForAsync();
        await Expect(Page.Locator("#publish-result")).ToHaveAttributeAsync("data-kind", "ok");
        var acknowledged = Page.Locator("#publish-result code[data-ack]");
        Assert.Equal(await acknowledged.TextContentAsync(), await acknowledged.GetAttributeAsync("data-ack"));
        return (await acknowledged.TextContentAsync())!;
    }

    /// <summary>Nothing needs scrolling sideways but what can be scrolled by itself.</summary>
    public async Task CheckFits() =>
        Assert.Equal(0, await Page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"));

    public Task Picture(string name, bool whole = false) =>
        Page.ScreenshotAsync(new() { Path = Path.Combine(_pictures, $"{name}.png"), FullPage = whole });

    private async Task<List<(long Number, double At)>> Shown() =>
        [.. (await Page.EvaluateAsync<double[][]>("shown")).Select(x => ((long)x[0], x[1]))];
}
