using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Completion;

/// <summary>What a command line may go on with.</summary>
internal static class Completions
{
    private static readonly string[] Since = ["none", "all", "latest", "10m"];

    /// <summary>Prints them, a line each.</summary>
    /// <param name="root">The command.</param>
    /// <param name="words">The words behind its name; the last one, which may be empty, is to be completed.</param>
    /// <returns>The exit code.</returns>
    public static int Write(RootCommand root, string[] words)
    {
        StandardOutput.TryWrite(string.Concat(Find(root, words).Select(x => x + "\n")));
        return ExitCode.Success;
    }

    /// <summary>Finds them.</summary>
    internal static IReadOnlyList<string> Find(RootCommand root, string[] words)
    {
        var (before, word) = words is [.. var first, var last] ? (first, last) : ([], "");
        var typed = root.Parse(before, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            return [.. Words(typed, before, word).Where(x => x.StartsWith(word, StringComparison.Ordinal)).Distinct()];
        }
        catch (CommandFailure)
        {
            return [];
        }
    }

    // Not by the parser's own suggestions: for it a flag that may be there twice never ends.
    private static IEnumerable<string> Words(ParseResult typed, string[] before, string word)
    {
        var command = typed.CommandResult.Command;
        if (!before.Contains("--"))
        {
            if (before is [.., var flag] && Option(typed, flag) is { Arity.MinimumNumberOfValues: > 0 } option)
            {
                return WordsOf(option);
            }

            if (word.StartsWith('-'))
            {
                return word.Split('=') is [var name, _] && Option(typed, name) is { } valued
                    ? WordsOf(valued).Select(x => $"{name}={x}")
                    : Options(typed).Where(x => !x.Hidden).SelectMany(x => x.Aliases.Prepend(x.Name)).Where(x => x.StartsWith('-') && x != "-?");
            }
        }

        if (command is RootCommand)
        {
            return typed.UnmatchedTokens.Count > 0 ? [] : command.Subcommands.Where(x => !x.Hidden).Select(x => x.Name);
        }

        var argument = command.Arguments.FirstOrDefault(x => (typed.GetResult(x)?.Tokens.Count ?? 0) < x.Arity.MaximumNumberOfValues);
        return argument?.Name switch
        {
            "part" => Parts(typed, typed.GetResult(argument)?.Tokens.Select(x => x.Value).ToList() ?? []),
            "channel" => ChannelWords.Find(Open(typed), word),
            "shell" => CompletionScript.Shells,
            _ => [],
        };
    }

    private static IReadOnlyList<string> WordsOf(Option option) =>
        option.Name == "--since" ? Since : GatewaySettings.All.FirstOrDefault(x => x.Flag == option.Name)?.Words ?? [];

    // Those of the command, and those of all commands.
    private static IEnumerable<Option> Options(ParseResult typed) =>
        typed.CommandResult.Command.Options.Concat(typed.RootCommandResult.Command.Options.Where(x => x.Recursive));

    private static Option? Option(ParseResult typed, string name) => Options(typed).FirstOrDefault(x => x.Name == name || x.Aliases.Contains(name));

    private static IEnumerable<string> Parts(ParseResult typed, IReadOnlyList<string> given) => given switch
    {
        [] => ["node", PartName.Numbers],
        ["node"] => Open(typed)?.Known().Select(x => x.Node).OfType<int>().Select(x => x.ToString()) ?? [],
        _ => [],
    };

    // The gateway that the flags speak of; what is wrong with them is said when the line is run.
    private static Gateway? Open(ParseResult typed)
    {
        var given = typed.CommandResult.Children.OfType<OptionResult>().Where(x => !x.Implicit).ToDictionary(x => x.Option.Name, x => x.Tokens);
        if (given.ContainsKey(NodeFlags.Url))
        {
            return null;
        }

        var flags = GatewaySettings.All
            .Where(x => given.GetValueOrDefault(x.Flag) is [_, ..])
            .ToDictionary(x => x.Key, x => (string?)given[x.Flag][^1].Value, StringComparer.OrdinalIgnoreCase);
        try
        {
            return Gateway.Open(flags, Intent.Look);
        }
        catch (CommandFailure)
        {
            return null;
        }
    }
}
