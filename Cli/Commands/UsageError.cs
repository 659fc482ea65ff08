using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary>Says in one line what is wrong with a command line.</summary>
internal static class UsageError
{
    /// <summary>The line, or null when nothing is wrong.</summary>
    public static string? Describe(ParseResult result)
    {
        var command = result.CommandResult.Command;

        // An argument takes any word, so a mistyped flag, too.
        var words = result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(x => x.Tokens).Select(x => x.Value);
        if (result.UnmatchedTokens.Concat(words).FirstOrDefault(x => x.StartsWith('-')) is { } flag)
        {
            var name = flag.Split('=')[0];
            return $"{name} is not a flag of {Name(command)}{Suggest(name, command.Options.Where(x => !x.Hidden).Select(x => x.Name), command)}";
        }

        if (result.Errors.Count == 0)
        {
            return null;
        }

        if (result.UnmatchedTokens is [var word, ..])
        {
            return command is RootCommand
                ? $"'{word}' is not a command{Suggest(word, command.Subcommands.Select(x => x.Name), command)}"
                : $"'{word}' is not understood by {Name(command)}, see {Name(command)} --help";
        }

        var error = result.Errors[0];
        return SettingOptions.Of(error.SymbolResult) is { } setting
            ? GatewayFlags.NoValue(setting)
            : error.Message.ReplaceLineEndings(" ").TrimEnd('.');
    }

    private static string Suggest(string word, IEnumerable<string> candidates, Command command) =>
        Nearest.To(word, candidates) is { } nearest ? $"; did you mean {nearest}?" : $", see {Name(command)} --help";

    private static string Name(Command command) => command is RootCommand ? "gateway" : $"gateway {command.Name}";
}
