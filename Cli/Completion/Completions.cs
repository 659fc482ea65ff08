using System.CommandLine;
using System.CommandLine.Completions;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Completion;

/// <summary>What a command line may go on with.</summary>
internal static class Completions
{
    private static readonly string[] Since = ["none", "all", "latest", "10m"];

    /// <summary>Gives the commands' arguments and flags the words that their values may be.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var command in root.Subcommands)
        {
            foreach (var argument in command.Arguments)
            {
                Func<CompletionContext, IEnumerable<CompletionItem>>? words = argument.Name switch
                {
                    "part" => x => Parts(x).Select(y => new CompletionItem(y)),
                    "channel" => x => ChannelWords.Find(Open(x), x.WordToComplete).Select(y => new CompletionItem(y)),
                    "shell" => _ => CompletionScript.Shells.Select(y => new CompletionItem(y)),
                    _ => null,
                };
                if (words is not null)
                {
                    argument.CompletionSources.Add(words);
                }
            }

            foreach (var option in command.Options)
            {
                var words = option.Name == "--since" ? Since : GatewaySettings.All.FirstOrDefault(x => x.Flag == option.Name)?.Words ?? [];
                option.CompletionSources.Add(_ => words.Select(x => new CompletionItem(x)));
            }
        }
    }

    /// <summary>Prints them, a line each.</summary>
    /// <param name="root">The command.</param>
    /// <param name="line">The command line up to the cursor, with the name of the command.</param>
    /// <returns>The exit code.</returns>
    public static int Write(RootCommand root, string line)
    {
        StandardOutput.TryWrite(string.Concat(Find(root, line).Select(x => x + "\n")));
        return ExitCode.Success;
    }

    /// <summary>Finds them.</summary>
    internal static IReadOnlyList<string> Find(RootCommand root, string line)
    {
        var typed = line.TrimStart();
        typed = typed.IndexOf(' ') is > 0 and var end ? typed[(end + 1)..].TrimStart() : "";
        var word = typed[(typed.LastIndexOf(' ') + 1)..];
        try
        {
            // Flags only for who begins one: they are many.
            return [.. root.Parse(typed).GetCompletions(typed.Length).Select(x => x.InsertText ?? x.Label)
                .Where(x => x.StartsWith(word, StringComparison.Ordinal) && x is not ['/' or '-', '?', ..] && x.StartsWith('-') == word.StartsWith('-'))
                .Distinct()];
        }
        catch (CommandFailure)
        {
            return [];
        }
    }

    private static IEnumerable<string> Parts(CompletionContext context)
    {
        var nodes = Open(context) is { } gateway ? gateway.Known().Select(x => x.Node).OfType<int>().ToList() : [];
        var before = context.ParseResult.Tokens.Select(x => x.Value).Where(x => x.Length > 0).ToList();
        var last = context.WordToComplete.Length > 0 ? before.ElementAtOrDefault(before.Count - 2) : before.LastOrDefault();
        return last == "node" ? nodes.Select(x => x.ToString()) : ["node", PartName.Numbers];
    }

    // The gateway that the flags speak of; what is wrong with them is said when the line is run.
    private static Gateway? Open(CompletionContext context)
    {
        var flags = GatewaySettings.All
            .Select(x => (x.Key, Value: context.ParseResult.CommandResult.Children
                .OfType<System.CommandLine.Parsing.OptionResult>().FirstOrDefault(y => y.Option.Name == x.Flag)?.Tokens is [.., var token] ? token.Value : null))
            .Where(x => x.Value is not null)
            .ToDictionary(x => x.Key, x => x.Value, StringComparer.OrdinalIgnoreCase);
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
