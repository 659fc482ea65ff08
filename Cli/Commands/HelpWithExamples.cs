using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary>The help of each command, with examples behind it.</summary>
internal sealed class HelpWithExamples(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    private const int LeastMeaning = 20;

    private static readonly Dictionary<string, (string Arguments, string Meaning)[]> Examples = new()
    {
        ["gateway"] =
        [
            ("up", "number server and three nodes, until Ctrl-C"),
            ("start", "the same in the background"),
            ("status", "how they are"),
            ("start node 2", "brings node 2 back"),
            ("stop", "stops all"),
        ],
        ["up"] =
        [
            ("up", "three nodes"),
            ("up --nodes 5 --restart", "five, and what dies is brought back"),
            ("up --state other --http 9088 --silo 12111 --orleans-gateway 31000 --numbers 127.0.0.1:7777", "a second gateway beside the first"),
        ],
        ["start"] = [("start", "all"), ("start --nodes 5", "number server and five nodes"), ("start node 2", "node 2"), ("start numbers --rate 600", "the number server")],
        ["stop"] = [("stop", "all"), ("stop node 2", "node 2"), ("stop node 2 --force", "kills it")],
        ["restart"] = [("restart", "all, one after the other"), ("restart node 2", "node 2")],
        ["reload"] = [("reload", "all"), ("reload numbers", "the number server")],
        ["status"] = [("status", "a table"), ("status --tree", "with the services that each is made of"), ("status --json", "for programs")],
        ["logs"] = [("logs", "all, by time"), ("logs node 2 -f", "node 2, and what is added"), ("logs -n 20", "the last 20 lines")],
        ["pub"] =
        [
            ("pub a/b 'hi there'", "one message"),
            ("pub a/b <file", "each line of a file"),
            ("pub photos --file cat.jpg --type image/jpeg", "a file as one message"),
            ("sub a/b | gateway pub c", "from one channel to another"),
            ("pub a/b -- --odd", "a message that looks like a flag"),
        ],
        ["sub"] =
        [
            ("sub numbers", "what is new"),
            ("sub a/b 'sensors/*' --since all --json", "several channels from their beginnings, as objects with ids"),
            ("sub a/b --since latest -n 1", "the last message"),
            ("sub logs --since 10m | grep error", "what came in the last 10 minutes, and goes on"),
        ],
        ["top"] = [("top", "live, until q"), ("top --once", "once, as text"), ("top --json", "once, for programs"), ("top --url gateway.example:8088", "a gateway elsewhere")],
        ["config"] =
        [
            ("config", "all settings"),
            ("config retention", "those that have to do with it"),
            ("config --json", "for programs"),
            ("config --sample >appsettings.json", "a file with all of them as comments"),
        ],
        ["node"] = [("node --node 1", "node 1"), ("node --node 2 --state /var/lib/gateway", "node 2, with its state elsewhere")],
        ["completion"] =
        [
            ("completion bash", "a script: eval \"$(gateway completion bash)\" in ~/.bashrc"),
            ("completion zsh", "the same for ~/.zshrc, after compinit"),
            ("completion fish", "gateway completion fish | source in config.fish"),
        ],
        ["numbers"] = [("numbers --rate 600", "ten numbers a second"), ("numbers --listen", "a client that prints them")],
    };

    public override bool ClearsParseErrors => true;

    /// <summary>Puts it in the place of the help of a command and those below it.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            if (option.Action is SynchronousCommandLineAction help)
            {
                option.Action = new HelpWithExamples(help);
            }
        }
    }

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = help.Invoke(parseResult);
        var command = parseResult.CommandResult.Command;
        if (Examples.TryGetValue(command is RootCommand ? "gateway" : command.Name, out var examples))
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var line in Lines([.. examples.Select(x => ($"  {Usage.Program} {x.Arguments}", x.Meaning))], Screen.Columns ?? int.MaxValue))
            {
                output.WriteLine(line);
            }

            output.WriteLine();
        }

        return exitCode;
    }

    /// <summary>Commands and their meanings in two columns. A command that leaves no room for its meaning has that below it, and what is wider than the screen is continued as shells do.</summary>
    internal static IEnumerable<string> Lines(IReadOnlyList<(string Command, string Meaning)> examples, int columns)
    {
        var widest = columns - LeastMeaning - 2;
        var width = examples.Select(x => x.Command.Length).Where(x => x <= widest).DefaultIfEmpty(4).Max() + 2;
        foreach (var (command, meaning) in examples)
        {
            if (command.Length <= widest)
            {
                yield return Wrapped.Hanging(command.PadRight(width), meaning, columns);
                continue;
            }

            yield return string.Join(" \\\n", Continued(command, columns));
            yield return Wrapped.Hanging(new string(' ', width), meaning, columns);
        }
    }

    private static IEnumerable<string> Continued(string command, int columns)
    {
        const int Mark = 2;
        var pieces = command.Split(" --");
        var line = pieces[0];
        foreach (var piece in pieces.Skip(1).Select(x => $"--{x}"))
        {
            if (line.Length + 1 + piece.Length + Mark <= columns)
            {
                line = $"{line} {piece}";
                continue;
            }

            yield return line;
            line = $"      {piece}";
        }

        yield return line;
    }
}
