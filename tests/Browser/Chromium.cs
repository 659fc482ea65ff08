using Microsoft.Playwright;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansGateway.Tests.Browser;

/// <summary>Debian's Chromium, for all tests.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;

    public IBrowser Browser { get; private set; } = null!;

    /// <summary>Where pictures go; kept where GATEWAY_SCREENSHOTS names the directory.</summary>
    public string Pictures { get; } = Kept ?? Directory.CreateTempSubdirectory("gateway-pictures-").FullName;

    private static string? Kept => Environment.GetEnvironmentVariable("GATEWAY_SCREENSHOTS") is { Length: > 0 } directory ? directory : null;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Pictures);
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Arguments });
    }

    public async Task DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright?.Dispose();
        if (Kept is null)
        {
            Directory.Delete(Pictures, recursive: true);
        }
    }
}

/// <summary>The tests that look at pages of nodes that nobody hurts.</summary>
[CollectionDefinition(Name)]
public sealed class UnhurtPages : ICollectionFixture<Chromium>, ICollectionFixture<SharedNodes>
{
    public const string Name = "unhurt pages";
}
