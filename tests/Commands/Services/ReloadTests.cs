using System.Net;
using System.Text.Json;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Services;

/// <summary>Settings that change while nodes run.</summary>
public sealed class ReloadTests
{
    private const int Reloads = 20;
    private static readonly HttpClient Http = new();

    [Fact]
    [Trait("Length", "long")]
    public async Task Reload_TwentyTimesWith400Connections_DropsNone()
    {
        const int Idle = 300, BusyReaders = 50, BusyWriters = 50;
        await using var gateway = new TestGateway();
        await using var source = new CountingServer(perSecond: 20);
        await gateway.Do("start", "--nodes", "2");
        string[] transports = ["raw", "sse", "ws"];
        var idle = await Task.WhenAll(Enumerable.Range(0, Idle).Select(x => Reader.Open(gateway.Node(1 + (x % 2)), "idle", transports[x % 3])));
        var readers = await Task.WhenAll(Enumerable.Range(0, BusyReaders).Select(x => Reader.Open(gateway.Node(1 + (x % 2)), $"busy/{x}", transports[x % 3])));
        var writers = await Task.WhenAll(Enumerable.Range(0, BusyWriters).Select(x => BusyConnection.Open(gateway.Node(2 - (x % 2)), $"busy/{x}")));

        // In turn asked for by the command, by a signal, and by saving the file alone.
        for (var i = 1; i <= Reloads; i++)
        {
            await Save(gateway, Settings(i, source));
            switch (i % 3)
            {
                case 0:
                    await gateway.Do("reload");
                    break;
                case 1:
                    await Task.WhenAll(TestGateway.Signal(gateway.Pid("node-1"), "HUP"), TestGateway.Signal(gateway.Pid("node-2"), "HUP"));
                    break;
            }

            await Until.True(async () => await Limit(gateway, 1) == 1000 + i && await Limit(gateway, 2) == 1000 + i, $"reload {i} holds at both nodes");
        }

        foreach (var writer in writers)
        {
            await writer.End();
            await writer.DisposeAsync();
        }

        Assert.All(writers, x => Assert.InRange(x.Acknowledged, 10, int.MaxValue));
        await Until.True(() => readers.Zip(writers).All(x => x.First.Count == x.Second.Acknowledged), "all that was published has come");
        Assert.All(readers, x => Assert.Equal(Enumerable.Range(1, x.Count).Select(y => $"{y}"), x.Messages.Select(y => y.Text)));
        using (var content = new StringContent("still there"))
        {
            (await Http.PostAsync(new Uri(gateway.Node(1), "idle"), content)).EnsureSuccessStatusCode().Dispose();
        }

        await Task.WhenAll(idle.Select(x => x.WaitForText("still there")));
        Assert.All(idle, x => Assert.Single(x.Messages));
        Assert.All(idle.Concat(readers), x => Assert.False(x.Ended.IsCompleted, $"{x.Name} was dropped"));
        await Task.WhenAll(idle.Concat(readers).Select(async x => await x.DisposeAsync()));
    }

    [Fact]
    public async Task Reload_OfABadFile_AppliesNothingOfItAndSaysWhy()
    {
        await using var gateway = new TestGateway();
        await gateway.Do("start", "--nodes", "1");
        await Save(gateway, """{ "Gateway": { "MaxMessageBytes": 2000, "PongTimeout": "soon" }, "NumberServer": { "RatePerMinute": 6000 } }""");
        var refused = await gateway.Run("reload");
        var why = $"Gateway:PongTimeout is 'soon' in {Path.Combine(gateway.Directory, "appsettings.json")}; allowed is a duration, 1s to 10m, such as 30s, 5m or 00:00:30";
        Assert.Equal((2, $"error: node-1, numbers: nothing was reloaded, the old settings go on: {why}"), (refused.Code, refused.Errors));
        Assert.Equal(1024 * 1024, await Limit(gateway, 1));

        // It runs as before, and whoever looks is told.
        Assert.Equal((0, 2), await gateway.Running());
        Assert.Contains($"was refused, the old settings go on: {why}", (await gateway.Do("status")).Output, StringComparison.Ordinal);
        Assert.Contains($"configuration not reloaded, the old one goes on: {why}", (await gateway.Do("logs", "node", "1")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await gateway.Run("restart")).Code);
        Assert.Equal((0, 2), await gateway.Running());

        await Save(gateway, "{}");
        Assert.Contains("nothing to apply", (await gateway.Do("reload")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("refused", (await gateway.Do("status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_OfWhatNeedsARestart_NamesItUntilARestartAppliesIt()
    {
        await using var gateway = new TestGateway();
        await gateway.Do("start", "--nodes", "1");
        await Save(gateway, """{ "Gateway": { "Storage": "memory" } }""");
        Assert.Contains("node-1, numbers: ", (await gateway.Do("reload")).Output, StringComparison.Ordinal);
        Assert.Contains("needs a restart for Gateway:Storage local -> memory", (await gateway.Do("status")).Output, StringComparison.Ordinal);
        Assert.Contains("store", await Tree(gateway), StringComparison.Ordinal);
        await gateway.Do("restart");
        Assert.DoesNotContain("needs a restart", (await gateway.Do("status")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("store", await Tree(gateway), StringComparison.Ordinal);

        // What a flag says stands, whatever the file does.
        await gateway.Do("restart", "node", "1", "--storage", "local");
        Assert.Contains("nothing to apply", (await gateway.Do("reload")).Output, StringComparison.Ordinal);
        Assert.Contains("store", await Tree(gateway), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_OfPartsThatCannot_SaysSo()
    {
        await using var gateway = new TestGateway();
        Assert.Equal(1, (await gateway.Run("reload")).Code);
        await gateway.Do("start", "numbers");
        Assert.Contains("node-2 does not run", (await gateway.Run("reload", "node", "2")).Errors, StringComparison.Ordinal);
        await TestGateway.Signal(gateway.Pid("numbers"), "STOP");
        var frozen = await gateway.Run("reload");
        Assert.Equal(1, frozen.Code);
        Assert.Contains("is suspended", frozen.Errors, StringComparison.Ordinal);
        await TestGateway.Signal(gateway.Pid("numbers"), "CONT");
    }

    private static string Settings(int i, CountingServer source) => $$"""
        {
          "Gateway": {
            "MaxMessageBytes": {{1000 + i}}, "PublishTimeout": "{{5 + i}}s", "SlowTimeout": "{{30 + i}}s", "VanishedTimeout": "{{30 + i}}s", "PongTimeout": "{{15 + i}}s",
            "DirectConnections": {{(i % 2 == 0 ? "true" : "false")}},
            "Origins": ["https://{{i}}.example"],
            "Retention": { "Messages": {{100_000 + i}}, "Channels": { "busy/*": { "Age": "{{i}}h" } } },
            "Bridges": { {{(i % 4 < 2 ? $$"""  "news": { "Source": "{{source.Address}}", "Channel": "news/{{i % 4}}" } """ : "")}} }
          },
          "NumberServer": { "RatePerMinute": {{60 * i}} },
          "Logging": { "LogLevel": { "OrleansGateway": "{{(i % 2 == 0 ? "Debug" : "Warning")}}" } }
        }
        """;

    private static Task Save(TestGateway gateway, string settings) => File.WriteAllTextAsync(Path.Combine(gateway.Directory, "appsettings.json"), settings);

    private static async Task<string> Tree(TestGateway gateway) => (await gateway.Do("status", "--tree")).Output;

    /// <summary>The largest message that a node takes, as it says itself.</summary>
    private static async Task<long> Limit(TestGateway gateway, int node)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Node(node), "too/large")) { Content = new ByteArrayContent(new byte[1024 * 1024 + 1]) };
        request.Headers.ExpectContinue = true;
        using var answer = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var words = problem.RootElement.GetProperty("detail").GetString()!.Replace(",", "", StringComparison.Ordinal).Split(' ');
        return words.Select(x => long.TryParse(x.TrimEnd('.'), out var number) ? number : 0).First(x => x > 0 && x != (1024 * 1024) + 1);
    }
}
