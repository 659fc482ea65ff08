using Microsoft.Playwright;

namespace OrleansGateway.Tests.Browser;

/// <summary>axe-core, which finds what keeps people from using a page (WCAG and its best practices).</summary>
internal static class Axe
{
    private const string Run = "async () => { window.found = await axe.run(); return found.passes.length; }";
    private const string Violations = "found.violations.flatMap(x => x.nodes.map(y => `${x.id}: ${y.html} ${y.failureSummary}`))";

    private static readonly Lazy<Task<string>> Script = new(Load);

    /// <summary>The page, as it is now, has no violation.</summary>
    public static async Task Check(IPage page)
    {
        if (!await page.EvaluateAsync<bool>("'axe' in window"))
        {
            // By the browser's debugger: the page's policy holds for the page.
            await page.EvaluateAsync(await Script.Value);
        }

        var (passes, violations) = (await page.EvaluateAsync<int>(Run), await page.EvaluateAsync<string[]>(Violations));
        Assert.True(passes > 10, "axe has looked at the page");
        Assert.Empty(violations);
    }

    private static async Task<string> Load()
    {
        await Npm.Installed("Browser");
        return await File.ReadAllTextAsync(Path.Combine(Npm.DirectoryOf("Browser"), "node_modules/axe-core/axe.min.js"));
    }
}
