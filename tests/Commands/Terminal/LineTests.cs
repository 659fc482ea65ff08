using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Commands.Terminal;

/// <summary>Commands that write lines on a terminal.</summary>
[Collection(RunningGateway.Name)]
public sealed partial class LineTests(RunningGateway running)
{
    private const int Columns = 80;

    private readonly TestGateway _gateway = running.Gateway;

    [Fact]
    public async Task Sub_InATerminal_ShowsLinesAsTheyComeUntilCtrlC()
    {
        await using var terminal = await Terminal.Open(_gateway);
        var mode = await terminal.Mode();
        await terminal.Enter("./gateway sub numbers; echo code $?");
        await terminal.Becomes(x => x.Any(IsNumber), "a number");
        var seen = (await terminal.Lines()).Count(IsNumber);
        await terminal.Becomes(x => x.Count(IsNumber) > seen, "one more");
        await terminal.Press("C-c");
        await terminal.Shows("code 0");
        Assert.DoesNotContain(await terminal.Lines(), x => x.StartsWith("warning", StringComparison.Ordinal) || x.StartsWith("error", StringComparison.Ordinal));
        Assert.Equal(mode, await terminal.Mode());

        static bool IsNumber(string line) => int.TryParse(line, out _);
    }

    [Fact]
    public async Task Pub_OfManyLinesToAFile_ShowsABarUntilItEnds()
    {
        const int Many = 100_000;
        const string Command = "./gateway pub bar <lines | (read <go; cat >ids); echo code $?";
        await File.WriteAllLinesAsync(Path.Combine(_gateway.Directory, "lines"), Enumerable.Range(1, Many).Select(x => $"{x}"));
        await using var terminal = await Terminal.Open(_gateway);
        var mode = await terminal.Mode();

        // Who takes the ids waits for the bar: until then there is one.
        await terminal.Run("set -o pipefail; mkfifo go");
        await terminal.Enter(Command);
        await terminal.Draws(x => Array.Exists(x, y => Bar().IsMatch(y)), "a bar");
        await File.WriteAllTextAsync(Path.Combine(_gateway.Directory, "go"), "\n");
        await terminal.Becomes(x => x.Contains("code 0"), "the end", seconds: 60);
        Assert.Equal([$"$ {Command}", "code 0", "$"], (await terminal.Lines())[^3..]);
        Assert.Equal(Many, File.ReadLines(Path.Combine(_gateway.Directory, "ids")).Count());
        Assert.Equal((false, true, true), await terminal.State());
        Assert.Equal(mode, await terminal.Mode());
    }

    [Fact]
    public async Task Status_InATerminal_FitsItWithAndWithoutColours()
    {
        await using var terminal = await Terminal.Open(_gateway);
        var status = await Fits(terminal, "./gateway status");
        Assert.Equal(5, status.Length);
        Assert.Single(status, x => x.EndsWith("  owns it", StringComparison.Ordinal));
        Assert.Contains("\e[32mrunning", await terminal.Coloured(), StringComparison.Ordinal);
        await Fits(terminal, "./gateway status --tree");
        Assert.Contains(await terminal.Lines(), x => x.TrimStart('\u2502', ' ').EndsWith(" into numbers", StringComparison.Ordinal));
        await Fits(terminal, "NO_COLOR=1 ./gateway status --tree");
        Assert.DoesNotContain('\e', await terminal.Coloured());
        await terminal.Resize(200, 50);
        Assert.Contains(" SILO ", (await terminal.Run("./gateway status"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigAndEachHelp_InATerminal_AreNoWiderThanIt()
    {
        await using var terminal = await Terminal.Open(_gateway);
        await Fits(terminal, "./gateway config");
        var help = await Fits(terminal, "./gateway --help");
        var commands = help.SkipWhile(x => x != "Commands:").Skip(1).TakeWhile(x => x.Length > 0).Where(x => x[2] != ' ').Select(x => x.Split(' ')[2]).ToList();
        Assert.Contains("completion", commands);
        foreach (var command in commands)
        {
            Assert.Contains(await Fits(terminal, $"./gateway {command} --help"), x => x.StartsWith("Examples:", StringComparison.Ordinal));
        }
    }

    [GeneratedRegex(@"^\u2501+ +[1-9][0-9]?% [0-9:]+ [1-9][0-9]* lines$")]
    private static partial Regex Bar();

    // Also what was wrapped within a word is one line here.
    private static async Task<string[]> Fits(Terminal terminal, string command)
    {
        var lines = await terminal.Run(command);
        Assert.All(lines, x => Assert.InRange(x.Length, 0, Columns));
        return lines;
    }
}
