using Microsoft.Playwright;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansGateway.Tests.Browser;

/// <summary>Debian's Chromium, and three real nodes for each test that hurts them.</summary>
public sealed class PageFixture : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Arguments });
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    /// <summary>A page of its own, and what its console says that it should not.</summary>
    public async Task<(IPage Page, List<string> Complaints)> Open(int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(15_000);
        var complaints = new List<string>();
        page.PageError += (_, error) => complaints.Add(error);
        page.Console += (_, message) =>
        {
            // The browser itself notes each connection that breaks when a node is killed.
            if (message.Type is "error" or "warning" && !message.Text.Contains("net::ERR_", StringComparison.Ordinal))
            {
                complaints.Add(message.Text);
            }
        };
        return (page, complaints);
    }

    /// <summary>Keeps a picture where GATEWAY_SCREENSHOTS names a directory.</summary>
    public static async Task Picture(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("GATEWAY_SCREENSHOTS") is { Length: > 0 } directory)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(directory, $"{name}.png") });
        }
    }
}
