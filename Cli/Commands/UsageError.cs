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

        // An argument takes any word, so a mistyped flag, too; but not a number below 0, or what comes after "--".
        var words = result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(x => x.Tokens).Select(x => x.Value);
        var meant = result.Tokens.SkipWhile(x => x.Type != TokenType.DoubleDash).Select(x => x.Value).ToHashSet();
        if (result.UnmatchedTokens.Concat(words).FirstOrDefault(x => IsFlag(x) && !meant.Contains(x)) is { } flag)
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
                : $"'{word}' is not understood by {Name(command)}{Hint(command)}, see {Name(command)} --help";
        }

        var error = result.Errors[0];
        return SettingOptions.Of(error.SymbolResult) is { } setting
            ? GatewayFlags.NoValue(setting)
            : error.SymbolResult is ArgumentResult { Tokens.Count: 0, Argument: var missing, Parent: CommandResult }
            ? $"{Name(command)} needs {missing.HelpName}, see {Name(command)} --help"
            : error.Message.ReplaceLineEndings(" ").TrimEnd('.');
    }

    private static bool IsFlag(string word) => word is ['-', not (>= '0' and <= '9') and not ' ', ..];

    private static string Hint(Command command) => command.Name == "pub" ? "; a message with blanks needs quotes" : "";

    private static string Suggest(string word, IEnumerable<string> candidates, Command command) =>
        Nearest.To(word, candidates) is { } nearest ? $"; did you mean {nearest}?" : $", see {Name(command)} --help";

    private static string Name(Command command) => command is RootCommand ? "gateway" : $"gateway {command.Name}";
}
