using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Commands.Terminal;

/// <summary><c>gateway up</c> as a person has it before him.</summary>
public sealed partial class UpTests
{
    private const double StartSeconds = 60;

    [Fact]
    public async Task Up_ThreeNodes_KeysKillBringBackStopAndEndThem()
    {
        await using var gateway = new TestGateway();
        await using var terminal = await Terminal.Open(gateway);
        var mode = await terminal.Mode();
        await terminal.Enter("./gateway up; echo code $?");
        await terminal.Shows($"curl -N {gateway.Node(1)}numbers", StartSeconds);
        await terminal.Shows("1 to 3        kills a node");
        await terminal.Becomes(x => Owners(x).Count > 0, "who owns the bridge");
        Assert.DoesNotContain("$", (await terminal.Screen())[^1], StringComparison.Ordinal);
        await Fits(terminal);

        // The talk's end: the owner, the next one, and one comes back.
        var first = await Strike(terminal);
        var second = await Strike(terminal);
        await terminal.Type(first);
        await terminal.Shows($"bringing node-{first} back");
        await terminal.Shows($"node-{first} is back: {gateway.Node(int.Parse(first)).GetLeftPart(UriPartial.Authority)}", StartSeconds);

        // The last that was never killed is let go.
        var third = Owners(await terminal.Lines())[^1];
        await terminal.Type($"g{third}");
        await terminal.Shows($"node-{third} stopped (process ");
        await terminal.Shows($"node-{first} took the bridge over");
        await terminal.Type($"g{second}h9");
        await terminal.Shows($"node-{second} does not run");
        await terminal.Shows(" there is no node 9");
        Assert.Contains(await terminal.Lines(), x => x.Contains(':') && x.EndsWith(" g and 1 to 3  stops it gracefully", StringComparison.Ordinal));
        await Fits(terminal);

        await terminal.Type("q");
        await terminal.Shows("code 0", StartSeconds);
        Assert.Equal((3, 0), await gateway.Running());
        Assert.Equal((false, true, true), await terminal.State());
        Assert.Equal(mode, await terminal.Mode());
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Up_WithRestart_BringsBackWhatDiesUntilCtrlC()
    {
        await using var gateway = new TestGateway();
        await using var terminal = await Terminal.Open(gateway);
        var mode = await terminal.Mode();
        await terminal.Enter("NO_COLOR=1 ./gateway up --restart --nodes 1; echo code $?");
        await terminal.Shows("curl -N", StartSeconds);
        foreach (var (wait, times) in new[] { ("0.5", 1), ("1", 2) })
        {
            await terminal.Type("1");
            await terminal.Shows($" starting it again in {wait} s");
            await terminal.Becomes(x => x.Count(y => y.Contains("node-1 is back", StringComparison.Ordinal)) == times, "node 1 is back", StartSeconds);
        }

        await TestGateway.Signal(gateway.Pid("numbers"), "KILL");
        await terminal.Shows("numbers is back", StartSeconds);
        Assert.DoesNotContain('\e', await terminal.Coloured());

        // Suspended, it says nothing of those who could not answer it meanwhile.
        await terminal.Press("C-z");
        await terminal.Shows("Stopped");
        Assert.Equal(mode, await terminal.Mode());
        await terminal.Enter("sleep 2.5; fg; echo code $?");
        await terminal.Becomes(x => Array.Exists(x, y => y.StartsWith("NO_COLOR=1 ./gateway up", StringComparison.Ordinal)), "it goes on");
        await terminal.Type("h");
        await terminal.Becomes(x => Array.Exists(x, y => y.Contains(':') && y.EndsWith(" q, Ctrl-C     stops all", StringComparison.Ordinal)), "the keys again");
        Assert.DoesNotContain(await terminal.Lines(), x => x.Contains(" does not answer", StringComparison.Ordinal));
        await terminal.Press("C-c");
        await terminal.Shows("code 0", StartSeconds);
        Assert.Equal((3, 0), await gateway.Running());
        Assert.Equal(mode, await terminal.Mode());
    }

    // Kills the owner of the bridge by its digit: another one has it then.
    private static async Task<string> Strike(Terminal terminal)
    {
        var owner = Owners(await terminal.Lines())[^1];
        await terminal.Type(owner);
        await terminal.Shows($"node-{owner} died: killed by SIGKILL");
        await terminal.Shows($"press {owner} to bring it back");
        await terminal.Becomes(x => Owners(x)[^1] != owner, $"who took the bridge over from node-{owner}");
        Assert.Contains(await terminal.Lines(), x => x.EndsWith($" s after node-{owner} was gone", StringComparison.Ordinal));
        return owner;
    }

    private static async Task Fits(Terminal terminal) =>
        Assert.All((await terminal.Lines()).SkipWhile(x => !x.Contains("starting ", StringComparison.Ordinal)), x => Assert.InRange(x.Length, 0, 80));

    // One after the other.
    private static List<string> Owners(IEnumerable<string> lines) => [.. lines.Select(x => OwnerPattern().Match(x)).Where(x => x.Success).Select(x => x.Groups[1].Value)];

    [GeneratedRegex("node-(.) (?:owns|took) the bridge")]
    private static partial Regex OwnerPattern();
}
