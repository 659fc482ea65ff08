using System.Net.NetworkInformation;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Commands.Services;

/// <summary>The sample of a node of one's own, as a process.</summary>
public sealed class ChatServerTests(ITestOutputHelper output)
{
    private static readonly HttpClient Http = new();

    private static string Program { get; } =
        Path.Combine(NodeProcess.Root, "samples/ChatServer/bin", NodeProcess.Configuration, "net10.0/OrleansGateway.Samples.ChatServer.dll");

    [Fact]
    public async Task ChatServer_OfTwoNodes_GreetsOnceReadsTheNewsAndLeavesNothing()
    {
        await using var gateway = new TestGateway();
        await using var news = new CountingServer(perSecond: 20);
        await File.WriteAllTextAsync(
            Path.Combine(gateway.Directory, "appsettings.json"), $$"""{ "Gateway": { "Bridges": { "news": { "Source": "{{news.Address}}" } } } }""");
        await using var one = Start(gateway, 1);
        await using var two = Start(gateway, 2);
        try
        {
            await Until.True(async () => await gateway.Running() == (0, 2), "both run", 40);
            await using var room = await Reader.Open(gateway.Node(1), "chat", "raw");
            await Say(gateway.Node(1), "alice: hello");
            await room.WaitForText("greeter: welcome, alice");
            await Say(gateway.Node(2), "bob: HELLO");
            await room.WaitForText("greeter: welcome, bob");
            await room.WaitForText("moderator: bob, please don't shout");
            await Say(gateway.Node(1), "alice: bye");
            await room.WaitForText("alice: bye");
            Assert.Equal(2, room.Messages.Count(x => x.Text.StartsWith("greeter:", StringComparison.Ordinal)));

            await using var headlines = await Reader.Open(gateway.Node(2), "chat/news", "raw");
            await headlines.WaitForMore("the news come");
            Assert.Equal(1, news.Connections);
            var tree = (await gateway.Do("status", "--tree")).Output;
            Assert.Contains("  ├ chat ", tree, StringComparison.Ordinal);
            Assert.Contains("  │ ├ greeter ", tree, StringComparison.Ordinal);
            Assert.Contains("  │ └ moderator ", tree, StringComparison.Ordinal);
            Assert.Contains($"reads {news.Address} into chat/news", tree, StringComparison.Ordinal);

            await TestGateway.Signal(one.Pid, "TERM");
            Assert.Equal(0, await one.Exit());
            await Say(gateway.Node(2), "carol: hi");
            await Until.True(
                async () => (await Http.GetStringAsync(new Uri(gateway.Node(2), "/chat?poll=1&as=raw"))).Contains("welcome, carol", StringComparison.Ordinal), "the other node goes on");
            await TestGateway.Signal(two.Pid, "TERM");
            Assert.Equal(0, await two.Exit());
        }
        finally
        {
            output.WriteLine($"{string.Join('\n', one.Lines)}\n{one.Errors}\n{string.Join('\n', two.Lines)}\n{two.Errors}");
        }

        Assert.Empty(Directory.EnumerateFiles(gateway.State, "*.pid"));
        Assert.Equal(0, news.Connections);
        Assert.DoesNotContain(
            IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners(), x => x.Port == gateway.Node(1).Port || x.Port == gateway.Node(2).Port);
    }

    [Fact]
    public async Task ChatServer_WithABadFlag_SaysSoAndStartsNothing()
    {
        await using var gateway = new TestGateway();
        await using var server = UserProgram.Start(gateway.Directory, "dotnet", [Program, "--node", "many", .. gateway.Flags]);

        Assert.Equal(2, await server.Exit());
        Assert.StartsWith("error: ", server.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(gateway.State));
    }

    private static UserProgram Start(TestGateway gateway, int node) => UserProgram.Start(gateway.Directory, "dotnet", [Program, "--node", $"{node}", .. gateway.Flags]);

    private static async Task Say(Uri node, string text)
    {
        using var answer = await Http.PostAsync(new Uri(node, "/chat"), new StringContent(text));
        Assert.Equal("OK\n", await answer.Content.ReadAsStringAsync());
    }
}
