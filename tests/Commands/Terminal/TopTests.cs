using System.Text.Json;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Terminal;

/// <summary><c>gateway top</c> as a person has it before him.</summary>
[Collection(RunningGateway.Name)]
public sealed class TopTests(RunningGateway running)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly TestGateway _gateway = running.Gateway;

    [Fact]
    public async Task Top_Keys_SortFilterScrollPauseAndEnd()
    {
        await Publish("few", 1, 300);
        await Publish("many", 3, 1);
        await using var raw = await Reader.Open(_gateway.Node(2), "few", "raw");
        await using var sse = await Reader.Open(_gateway.Node(3), "numbers", "sse");
        await using var terminal = await Terminal.Open(_gateway);
        var mode = await terminal.Mode();
        await terminal.Enter("./gateway top; echo code $?");
        await terminal.Draws(
            x => Has(x, "3 nodes  bridge node-", "/s  takeovers ", "publishes ", "deliveries ", "gaps 0, slow 0, retries ", "subscribers 2: raw 1, sse 1", "q quit"), "what is the cluster's");
        await terminal.Draws(x => Order(x) is ["announce" or "numbers", "announce" or "numbers", "few", "many"], "the channels by their rates");
        await terminal.Draws(x => Array.Exists(x, y => y.StartsWith("node-1 ", StringComparison.Ordinal) && y.Contains(" active ", StringComparison.Ordinal)), "node 1");
        Assert.Equal((true, false, false), await terminal.State());

        await terminal.Type("n");
        await terminal.Draws(x => Order(x) is ["announce", "few", "many", "numbers"], "by name");
        await terminal.Type("s");
        await terminal.Draws(x => Order(x) is ["few", "numbers", "announce", "many"], "by subscribers");
        await terminal.Type("/AN");
        await terminal.Draws(x => x[^1].StartsWith("/AN_  Enter", StringComparison.Ordinal) && Order(x) is ["announce", "many"], "those with 'an' in their names");
        await terminal.Press("BSpace", "BSpace");
        await terminal.Type("mq");
        await terminal.Draws(x => Order(x) is [], "none");
        await terminal.Press("BSpace", "Enter", "Down");
        await terminal.Draws(x => x[^1].StartsWith("/m  1-2 of 2  q quit", StringComparison.Ordinal) && Order(x) is ["numbers", "many"], "the filter stays");
        await terminal.Press("Escape");
        await terminal.Type("p");
        await terminal.Draws(x => x[0].EndsWith("  paused", StringComparison.Ordinal) && Order(x).Count == 4, "it pauses");

        await terminal.Type("?");
        await terminal.Draws(x => Has(x, "scroll; Home and End go all the way") && x[^1] == "any key goes back", "the keys");
        await terminal.Type("q");
        await terminal.Draws(x => x[0].EndsWith("  paused", StringComparison.Ordinal) && Order(x).Count == 4, "it goes on pausing");

        await terminal.Type("q");
        await terminal.Shows("code 0");
        Assert.Equal(["$ ./gateway top; echo code $?", "code 0", "$"], (await terminal.Screen())[^3..]);
        Assert.Equal((false, true, true), await terminal.State());
        Assert.Equal(mode, await terminal.Mode());
    }

    [Fact]
    public async Task Top_Resized_FitsEachScreenWithoutColoursAsAsked()
    {
        await using var terminal = await Terminal.Open(_gateway);
        await terminal.Enter("NO_COLOR=1 ./gateway top; echo code $?");
        await terminal.Draws(x => IsWhole(x, 24, "BRIDGE", "BYTES"), "the screen of 80 columns and 24 lines");
        await terminal.Resize(200, 50);
        await terminal.Draws(x => IsWhole(x, 50, "ADDRESS", "ID") && x[^1].EndsWith("  arrows scroll", StringComparison.Ordinal), "a large one");
        await terminal.Resize(60, 15);
        await terminal.Draws(x => IsWhole(x, 15, "SUBS", "BYTES"), "a small one");
        await terminal.Resize(20, 5);
        await terminal.Draws(x => x is ["NODE", _, _, "CHANNEL", "q quit  / filter"], "a tiny one");
        await terminal.Resize(80, 24);
        await terminal.Draws(x => IsWhole(x, 24, "BRIDGE", "BYTES"), "the first again");
        Assert.DoesNotContain('\e', await terminal.Coloured());
        await terminal.Press("C-c");
        await terminal.Shows("code 0");
        Assert.Equal((false, true, true), await terminal.State());
    }

    [Fact]
    public async Task Top_ANodeThatItAsksDies_GoesOn()
    {
        await using var terminal = await Terminal.Open(_gateway);
        await terminal.Enter("./gateway top; echo code $?");
        await terminal.Draws(x => Has(x, "3 nodes  bridge ") && Order(x).Count >= 2, "three nodes");
        try
        {
            await TestGateway.Signal(_gateway.Pid("node-1"), "KILL");
            await terminal.Draws(x => Has(x, "3 nodes, 1 out of reach  bridge node-") && IsGone(Row(x, "node-1")), "that one is gone");
            var before = Row(await terminal.Screen(), "numbers");
            await terminal.Draws(x => Row(x, "numbers") is { Length: > 0 } row && row != before, "the numbers go on");
        }
        finally
        {
            await _gateway.Do("start", "node", "1");
        }

        await terminal.Draws(x => Has(x, "3 nodes  bridge ") && Row(x, "node-1").Contains(" active ", StringComparison.Ordinal), "it is back");
        await terminal.Type("q");
        await terminal.Shows("code 0");

        static bool IsGone(string row) => row.Contains(" dead ", StringComparison.Ordinal) || row.Contains(" unreachable ", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_SuspendedAndTerminated_LeavesTheTerminalAsItWas()
    {
        await using var terminal = await Terminal.Open(_gateway);
        var mode = await terminal.Mode();
        await terminal.Enter("sh -c 'echo $$ >top.pid; exec ./gateway top'; echo code $?");
        await terminal.Draws(x => Has(x, "q quit"), "the screen");
        await terminal.Press("C-z");
        await terminal.Shows("Stopped");
        Assert.Equal((false, true, true), await terminal.State());
        Assert.Equal(mode, await terminal.Mode());

        await terminal.Resize(70, 20);
        await terminal.Enter("fg; echo code $?");
        await terminal.Draws(x => IsWhole(x, 20, "ANSWER", "BYTES"), "the screen again");
        Assert.Equal((true, false, false), await terminal.State());

        await TestGateway.Signal(int.Parse(await File.ReadAllTextAsync(Path.Combine(_gateway.Directory, "top.pid"))), "TERM");
        await terminal.Becomes(x => x[^2..] is ["code 0", "$"], "the end");
        Assert.Equal((false, true, true), await terminal.State());
        Assert.Equal(mode, await terminal.Mode());
    }

    [Fact]
    public async Task Top_WithoutATerminal_PrintsOnce()
    {
        // A node has a second to answer: on a busy machine one may be missing.
        var text = "";
        await Until.True(
            async () =>
            {
                text = (await _gateway.Do("top")).Output;
                return Has(text.Split('\n'), "3 nodes  bridge node-", "NODE ", "node-3 ", "CHANNEL ", "numbers ");
            },
            () => $"all is there; last was\n{text}",
            30);
        Assert.DoesNotContain('\e', text);
        await Until.True(
            async () =>
            {
                text = (await _gateway.Do("top", "--json")).Output;
                using var json = JsonDocument.Parse(text);
                var nodes = json.RootElement.GetProperty("nodes").EnumerateArray().ToList();
                return nodes.Select(x => x.GetProperty("name").GetString()).SequenceEqual(["node-1", "node-2", "node-3"]) && nodes.Count(x => x.GetProperty("bridge").GetBoolean()) == 1;
            },
            () => $"three nodes, one with the bridge, are there; last was\n{text}",
            30);
    }

    // From its clock down to its keys, nothing scrolled away and no head cut.
    private static bool IsWhole(string[] screen, int lines, string lastOfNodes, string lastOfChannels) =>
        screen.Length == lines
        && TimeSpan.TryParse(screen[0].Split(' ')[0], out _)
        && Row(screen, "NODE").EndsWith($" {lastOfNodes}", StringComparison.Ordinal)
        && Row(screen, "CHANNEL").EndsWith($" {lastOfChannels}", StringComparison.Ordinal)
        && screen[^1].Contains("q quit", StringComparison.Ordinal)
        && new[] { "node-1", "node-2", "node-3", "numbers" }.All(x => Row(screen, x).Length > 0);

    private static bool Has(string[] screen, params string[] what) => what.All(x => Array.Exists(screen, y => y.Contains(x, StringComparison.Ordinal)));

    private static string Row(string[] screen, string name) => Array.Find(screen, x => x.StartsWith($"{name} ", StringComparison.Ordinal)) ?? "";

    // The channels from above.
    private static List<string> Order(string[] screen) =>
        [.. screen.SkipWhile(x => !x.StartsWith("CHANNEL ", StringComparison.Ordinal)).Skip(1).SkipLast(1).Where(x => x.Contains(" kB", StringComparison.Ordinal) || x.Contains(" B", StringComparison.Ordinal)).Select(x => x.Split(' ')[0])];

    private async Task Publish(string channel, int messages, int bytes)
    {
        for (var i = 0; i < messages; i++)
        {
            using var body = new StringContent(new string('x', bytes));
            using var answer = await Http.PostAsync(new Uri(_gateway.Node(3), channel), body);
            Assert.True(answer.IsSuccessStatusCode);
        }
    }
}
