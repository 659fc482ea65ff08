using System.Text.RegularExpressions;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands.Completion;

/// <summary>What the shells themselves make of the scripts of <c>gateway completion</c>.</summary>
[Collection(Unhurt.Name)]
public sealed partial class CompletionTests(StartedGateway started) : IAsyncLifetime
{
    // Each line, the number of its words, and the words.
    private const string BashScript = """
        eval "$(gateway completion bash)"
        while (($#)); do
            COMP_LINE=$1 COMP_POINT=${#1} COMP_CWORD=$(($2 - 1)) COMP_WORDS=("${@:3:$2}")
            shift $(($2 + 2))
            _gateway
            echo "? $COMP_LINE"
            ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
        done
        """;

    private const string FishScript = """
        gateway completion fish | source
        for line in $argv
            echo "? $line"
            complete -C $line
        end
        """;

    // STATE is the state directory.
    private static readonly (string Line, string[] Expected)[] Lines =
    [
        ("gateway st", ["start", "status", "stop"]),
        ("gateway x", []),
        ("gateway start --st", ["--state", "--storage"]),
        ("gateway start --storage m", ["memory"]),
        ("gateway sub --since ", ["10m", "all", "latest", "none"]),
        ("gateway completion ", ["bash", "fish", "zsh"]),
        ("gateway stop n", ["node", "numbers"]),
        ("gateway stop --state STATE node ", ["1", "2", "3"]),
        ("gateway stop --state STATE node 2 ", []),
        ("gateway sub --state STATE complet", ["complete/me", "complete:too"]),
        ("gateway sub --json complete:too --state STATE -n 1 complete/", ["complete/me"]),
        ("gateway pub --state STATE complete/", ["complete/me"]),
        ("gateway pub --state STATE complete/me comp", []),
    ];

    // As bash breaks them: | where there is no blank, _ where a blank breaks nothing.
    private static readonly (string Line, string[] Expected)[] BrokenLines =
    [
        ("gateway stop --state|=|STATE node ", ["1", "2", "3"]),
        ("gateway start --storage|=|m", ["memory"]),
        ("gateway sub --state STATE complete|:", ["too"]),
        ("gateway sub --state STATE complete|:|t", ["too"]),
        ("gateway sub --state STATE 'complete:", ["complete:too"]),
        ("gateway sub --state STATE \"with_a", ["with a blank"]),
        ("gateway sub --state STATE with\\_", ["with\\ a\\ blank"]),
    ];

    private readonly string _home = Directory.CreateTempSubdirectory("gateway-completion-").FullName;

    public async Task InitializeAsync()
    {
        await started.Publish("complete/me", "x");
        await started.Publish("complete:too", "x");
        await started.Publish("with a blank", "x");
        File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(Path.Combine(_home, "bin")).FullName, "gateway"), Path.Combine(NodeProcess.Root, "gateway"));
        Directory.CreateDirectory(Path.Combine(_home, "work"));
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_home, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public Task Fish_ALine_IsCompleted() => Completes(Lines, ["fish", "--no-config", "-c", FishScript, .. Lines.Select(x => x.Line)]);

    [Fact]
    public async Task Bash_ALine_IsCompleted()
    {
        (string Line, string[] Expected)[] lines = [.. Lines, .. BrokenLines];
        await Completes(
            [.. lines.Select(x => (Whole(x.Line), x.Expected))],
            ["bash", "--norc", "-c", BashScript, "bash", .. lines.Select(x => x.Line.Split(' ', '|')).SelectMany((x, i) => (string[])[Whole(lines[i].Line), $"{x.Length}", .. x.Select(Whole)])]);

        static string Whole(string broken) => broken.Replace("|", "", StringComparison.Ordinal).Replace('_', ' ');
    }

    [Theory]
    [InlineData("bash", "--norc")]
    [InlineData("zsh", "-f")]
    public async Task BashAndZsh_TheKeyTab_CompletesWhatIsTyped(string shell, string noProfile)
    {
        await using var terminal = Start(["python3", "-c", "import pty, sys; pty.spawn(sys.argv[1:])", shell, noProfile, "-i"]);
        if (shell == "zsh")
        {
            await terminal.Tell("unsetopt prompt_sp; bindkey -e; autoload -Uz compinit; compinit -u -D");
        }

        await Type("PS1=$'READY\\n> '");
        await Type($"eval \"$(gateway completion {shell})\"");
        await Completed("gateway comple\t", "completion");
        await Completed("gateway sub --sin\t", "--since");
        await Completed("gateway start --storage=m\t", "--storage=memory");
        await Completed("gateway stop --state STATE nu\t", "numbers");
        await Completed("gateway sub --state STATE --json complete/\t", "complete/me");
        await Completed("gateway sub --state STATE complete:\t", "complete:too");
        await Completed("gateway pub --state=STATE with\t", "with a blank");
        await Completed("gateway pub --state=STATE 'with a\t", "with a blank");
        await terminal.Tell("exit");
        Assert.Equal(0, await terminal.Exit());

        // By Ctrl-A the line becomes one that prints its words, instead of the command. Again, as a node that is late is not waited for.
        async Task Completed(string keys, string expected)
        {
            var before = Said().Count;
            await Until.True(
                async () =>
                {
                    await Type(Filled(keys) + "\u0001printf '<%s>\\n' ");
                    return Said().Skip(before).Contains($"<{expected}>");
                },
                () => $"{expected} of {string.Join('\n', Said())}",
                20);
        }

        // A prompt is a line, so that it is seen.
        async Task Type(string line)
        {
            var prompts = Prompts();
            await terminal.Tell(line);
            await Until.True(() => Task.FromResult(Prompts() > prompts), () => $"a prompt after '{line}': {string.Join('\n', Said())}", 20);
        }

        int Prompts() => Said().Count(x => x == "READY");

        List<string> Said() => terminal.Lines.ConvertAll(x => Escapes().Replace(x, "").Replace("\r", "", StringComparison.Ordinal));
    }

    private string Filled(string line) => line.Replace("STATE", started.Gateway.State, StringComparison.Ordinal);

    // Again, as a node that is late is not waited for.
    private async Task Completes((string Line, string[] Expected)[] lines, string[] command)
    {
        var expected = lines.SelectMany(x => x.Expected.Prepend($"? {Filled(x.Line)}")).ToList();
        var said = "";
        await Until.True(
            async () =>
            {
                await using var shell = Start([.. command.Select(Filled)]);
                var code = await shell.Exit(40);

                // In any order; fish says behind a tab what it knows of each.
                var found = new List<List<string>>();
                foreach (var line in shell.Lines.Select(x => x.Split('\t')[0]))
                {
                    if (line.StartsWith("? ", StringComparison.Ordinal))
                    {
                        found.Add([]);
                    }

                    found[^1].Add(line);
                }

                said = $"exit code {code} {shell.Errors}\n{string.Join('\n', shell.Lines)}";
                return shell.Errors.Length == 0 && found.SelectMany(x => x.Skip(1).Order(StringComparer.Ordinal).Prepend(x[0])).SequenceEqual(expected);
            },
            () => said,
            20);
    }

    // As somebody without a profile who has the command in the path, in an empty directory.
    private UserProgram Start(string[] command) => UserProgram.Start(
        Path.Combine(_home, "work"), "env", [$"HOME={_home}", "TERM=dumb", $"PATH={Path.Combine(_home, "bin")}:{Environment.GetEnvironmentVariable("PATH")}", .. command]);

    [GeneratedRegex(@"\e\[[0-9;?]*[a-zA-Z]")]
    private static partial Regex Escapes();
}
