using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OrleansGateway.Tests.Browser;

/// <summary>A node as a reader of docs/recipes.md runs it: in a directory with the settings that the page shows.</summary>
public sealed class RecipeNode : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-recipes-").FullName;
    private readonly PortBlock _ports = PortBlock.Take();

    internal GatewayNodes Nodes { get; private set; } = null!;

    private CountingServer Numbers { get; set; } = null!;

    private UserProgram Pages { get; set; } = null!;

    private int Port => _ports.First;

    public async Task InitializeAsync()
    {
        var settings = RecipePageTests.Recipe("Chat in 20 lines").Text("json");
        Assert.Contains("localhost:8000", settings, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(_directory, "appsettings.json"), settings.Replace("localhost:8000", $"localhost:{Port}", StringComparison.Ordinal));
        Numbers = new CountingServer(20);
        Nodes = new GatewayNodes(Numbers.Address) { Wrapper = ["env", "-C", _directory] };
        Pages = UserProgram.Start(_directory, "python3", "-m", "http.server", $"{Port}", "--bind", "127.0.0.1");
        await Nodes.Start(1);
    }

    /// <summary>Serves a page from elsewhere.</summary>
    /// <returns>Its address.</returns>
    public async Task<string> Serve(string name, string html)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, name), html);
        return $"http://localhost:{Port}/{name}";
    }

    public async Task DisposeAsync()
    {
        await Pages.DisposeAsync();
        await Nodes.DisposeAsync();
        await Numbers.DisposeAsync();
        _ports.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}

/// <summary>The pages of docs/recipes.md, as they stand there, at another origin than the gateway's.</summary>
public sealed class RecipePageTests(Chromium chromium, RecipeNode recipes) : IClassFixture<Chromium>, IClassFixture<RecipeNode>
{
    private Uri Node => recipes.Nodes.Address(1);

    [Fact]
    public async Task Chat_InTwoWindows_ShowsWhatEachSays()
    {
        var (one, other) = (await Open("Chat in 20 lines"), await Open("Chat in 20 lines"));
        foreach (var (from, text) in new[] { (one, "hello"), (other, "<b>hello</b> yourself ✓") })
        {
            await from.Locator("#text").FillAsync(text);
            await from.Locator("button").ClickAsync();
            await Expect(one.Locator("#said li").Last).ToHaveTextAsync(text);
            await Expect(other.Locator("#said li").Last).ToHaveTextAsync(text);
        }

        await Expect(one.Locator("#said li")).ToHaveCountAsync(2);
        await Expect(one.Locator("b")).ToHaveCountAsync(0);
        await one.CloseAsync();
        await other.CloseAsync();
    }

    [Fact]
    public async Task Camera_FrameIsPublished_IsShown()
    {
        var page = await Open("A live camera");
        foreach (var width in new[] { 20, 30 })
        {
            var frame = await page.EvaluateAsync<string>(
                "async (width) => { const c = Object.assign(document.createElement('canvas'), { width, height: 10 }); return c.toDataURL('image/jpeg').split(',')[1]; }", width);
            using var http = new HttpClient();
            using var body = new ByteArrayContent(Convert.FromBase64String(frame));
            body.Headers.ContentType = new("image/jpeg");
            using var answer = await http.PostAsync(new Uri(Node, "camera"), body);
            Assert.True(answer.IsSuccessStatusCode);
            await Until.True(async () => await page.Locator("img").EvaluateAsync<int>("image => image.naturalWidth") == width, $"a picture {width} wide is shown");
        }

        await page.CloseAsync();
    }

    // What it shows is the business of those who draw it.
    [Fact]
    public async Task Number_InAPage_IsAskedForAsAnImage()
    {
        var page = await Open("A live number in a page");
        Assert.Equal($"{new Uri(Node, "numbers?as=tail&render=svg")}", await page.Locator("img").EvaluateAsync<string>("image => image.src"));
        await page.CloseAsync();
    }

    internal static Document.Section Recipe(string title) => Document.Read("docs/recipes.md").Single(x => x.Title == title);

    private async Task<IPage> Open(string title)
    {
        var html = Recipe(title).Text("html").Replace("localhost:8088", Node.Authority, StringComparison.Ordinal);
        Assert.Contains(Node.Authority, html, StringComparison.Ordinal);
        var page = await chromium.Browser.NewPageAsync();
        var address = await recipes.Serve("page.html", html);

        // An image that never ends keeps the page loading.
        await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.Commit });
        return page;
    }
}
