using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Services;

/// <summary>Bridges that are added, changed and removed by <c>gateway reload</c>.</summary>
public sealed class BridgeReloadTests
{
    [Fact]
    public async Task Reload_OfBridges_TakesEffectAndDropsNoConnection()
    {
        await using var gateway = new TestGateway();
        await using var first = new CountingServer(perSecond: 20);
        await using var second = new CountingServer(perSecond: 20);
        await using var third = new CountingServer(perSecond: 20);
        await gateway.Do("start", "--nodes", "2");
        var readers = await Task.WhenAll(
            from node in new[] { 1, 2 }
            from channel in new[] { "news", "numbers" }
            from transport in new[] { "raw", "sse", "ws" }
            select Reader.Open(gateway.Node(node), channel, transport));
        var news = readers.Where((_, i) => i / 3 % 2 == 0).ToList();
        var numbers = readers.Except(news).ToList();

        await Reload(gateway, $$"""{ "Gateway": { "Bridges": { "news": { "Source": "{{first.Address}}", "Channel": "news" } } } }""");
        await Task.WhenAll(news.Select(x => x.WaitForMore("the new bridge feeds it")));
        Assert.Equal(1, first.Connections);
        await Until.True(async () => (await Tree(gateway)).Contains($"reads {first.Address} into news", StringComparison.Ordinal), "the tree has it");

        await Reload(gateway, $$"""{ "Gateway": { "Bridges": { "news": { "Source": "{{second.Address}}", "Channel": "news" } } } }""");
        await Until.True(() => (first.Connections, second.Connections) == (0, 1), "the bridge reads the other source");
        await Task.WhenAll(news.Select(x => x.WaitForMore("it feeds it from there")));

        // The numbers may come from elsewhere.
        await Reload(gateway, $$"""{ "Gateway": { "Bridges": { "numbers": { "Source": "{{third.Address}}", "Lines": "Text" } } } }""");
        await Until.True(() => (second.Connections, third.Connections) == (0, 1), "one bridge is gone, and the other reads another source");
        third.SendOnce("from the third\n");
        await Task.WhenAll(numbers.Select(x => x.WaitForText("from the third")));
        await Until.True(async () => !(await Tree(gateway)).Contains("into news", StringComparison.Ordinal), "it is gone from the tree");

        Assert.All(readers, x => Assert.False(x.Ended.IsCompleted, $"{x.Name} was dropped"));
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    private static async Task Reload(TestGateway gateway, string settings)
    {
        await File.WriteAllTextAsync(Path.Combine(gateway.Directory, "appsettings.json"), settings);
        await gateway.Do("reload");
    }

    private static async Task<string> Tree(TestGateway gateway) => (await gateway.Do("status", "--tree")).Output;
}
