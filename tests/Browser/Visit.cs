using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>What one person does in a browser with an empty profile, and what its console says meanwhile.</summary>
internal sealed partial class Visit : IAsyncDisposable
{
    // Runs before the page's own scripts: notes each number that the home page shows, and when (ms).
    private const string Notes = """
        document.addEventListener('securitypolicyviolation', e => console.error(`policy: ${e.effectiveDirective} ${e.blockedURI}`));
        addEventListener('DOMContentLoaded', () => {
          window.shown = [];
          const number = document.getElementById('number');
          if (number) new MutationObserver(() => shown.push([Number(number.textContent), performance.now()])).observe(number, { childList: true });
        });
        """;

    // Generous: it is only waited for where something is wrong, or the machine has much else to do.
    private const int DeadlineMs = 30_000;

    private readonly IBrowserContext _context;
    private readonly List<string> _console = [];
    private readonly Chromium _chromium;

    private Visit(Chromium chromium, IBrowserContext context) => (_chromium, _context) = (chromium, context);

    /// <summary>What a node refuses in this test: the browser itself notes each such answer.</summary>
    public int? Refused { get; set; }

    /// <summary>Whether nodes die meanwhile: then the browser itself notes each connection that is lost.</summary>
    public bool NodesDie { get; set; }

    public static async Task<Visit> Begin(Chromium chromium, int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var phone = width < 600;
        var context = await chromium.Browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            DeviceScaleFactor = phone ? 2 : 1,
            IsMobile = phone,
            HasTouch = phone,
            ColorScheme = scheme,
        });
        context.SetDefaultTimeout(DeadlineMs);
        SetDefaultExpectTimeout(DeadlineMs);
        await context.AddInitScriptAsync(Notes);
        return new Visit(chromium, context);
    }

    /// <summary>Answers requests of the pages in place of the node.</summary>
    public Task Answer(string addresses, Func<(int Status, string Json)> answer) => _context.RouteAsync(addresses, route =>
    {
        var (status, json) = answer();
        return route.FulfillAsync(new() { Status = status, ContentType = "application/json", Body = json });
    });

    /// <summary>Opens a page and waits until it follows its channel.</summary>
    public async Task<Tab> Open(Uri address)
    {
        var page = await _context.NewPageAsync();
        page.PageError += (_, error) => Say($"error: {error}");
        page.Dialog += (_, dialog) =>
        {
            Say($"dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { IsLoopback: false, Scheme: not ("data" or "blob") })
            {
                Say($"request elsewhere: {request.Url}");
            }
        };
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Say($"{message.Type}: {message.Text} ({message.Location})");
            }
        };
        var tab = new Tab(page, _chromium.Pictures);
        await page.GotoAsync(address.ToString());
        await Expect(tab.State).ToHaveAttributeAsync("data-phase", "connected");
        return tab;
    }

    /// <summary>Nothing was said in the console that should not be, no dialog was opened, and nothing was asked of others than the nodes.</summary>
    public void CheckQuiet()
    {
        lock (_console)
        {
            Assert.DoesNotContain(_console, x => !(NodesDie && LostConnection().IsMatch(x)) && !(Refused is { } status && x.Contains($" status of {status} ", StringComparison.Ordinal)));
        }
    }

    /// <summary>What a failed test shows.</summary>
    public async Task Tell(ITestOutputHelper output, string test)
    {
        lock (_console)
        {
            _console.ForEach(output.WriteLine);
        }

        foreach (var page in _context.Pages)
        {
            output.WriteLine($"{page.Url}: {await page.Locator("#state").TextContentAsync(new() { Timeout = 1000 })}");
            await page.ScreenshotAsync(new() { Path = Path.Combine(_chromium.Pictures, $"failed-{test}-{page.Url.Split('/')[^1]}.png") });
        }
    }

    public ValueTask DisposeAsync() => new(_context.CloseAsync());

    private void Say(string line)
    {
        lock (_console)
        {
            _console.Add(line);
        }
    }

    [GeneratedRegex(@"^error: Failed to load resource: net::ERR_(CONNECTION_\w+|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED) ")]
    private static partial Regex LostConnection();
}
