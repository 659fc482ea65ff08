using System.Runtime.CompilerServices;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Browser;

/// <summary>Tests that visit pages: the console stays quiet, and a failure shows what the nodes and the pages said.</summary>
public abstract class VisitTests(Chromium chromium, ITestOutputHelper output)
{
    private protected void Tell(string line) => output.WriteLine(line);

    private protected async Task Visiting(
        GatewayNodes nodes,
        Func<Visit, Task> test,
        int width = 1280,
        int height = 900,
        ColorScheme scheme = ColorScheme.Light,
        [CallerMemberName] string name = "")
    {
        await using var visit = await Visit.Begin(chromium, width, height, scheme);
        try
        {
            await test(visit);
            visit.CheckQuiet();
        }
        catch
        {
            nodes.Show(output);
            await visit.Tell(output, name);
            throw;
        }
    }
}
