using System.CommandLine;
using System.Globalization;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary>The argument that says which part a command is about: <c>node K</c>, <c>numbers</c>, or nothing for all.</summary>
internal sealed class Target
{
    private readonly Argument<string[]> _argument = new("part")
    {
        Description = "node K (or node-K): one node; numbers: the number server; nothing: all",
        HelpName = "node K | numbers",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Target(Command command) => command.Add(_argument);

    /// <summary>The name of the part, or null for all.</summary>
    /// <exception cref="CommandFailure">It is none.</exception>
    public string? Read(ParseResult result) => Parse(result.GetValue(_argument) ?? []);

    internal static string? Parse(IReadOnlyList<string> words) => words switch
    {
        [] => null,
        [PartName.Numbers] => PartName.Numbers,
        [var name] when PartName.NodeNumber(name) is not null => name,
        ["node", var number] when Number(number) is { } node => PartName.OfNode(node),
        ["node", var number] => throw Bad($"the number of a node is '{number}'; allowed is {GatewaySettings.Node.Allowed}"),
        ["node"] => throw Bad($"which node? node K; allowed for K is {GatewaySettings.Node.Allowed}"),
        _ => throw Bad($"'{string.Join(' ', words)}' is no part; allowed is node K or numbers, or nothing for all"
            + (Nearest.To(words[0], ["node", PartName.Numbers]) is { } nearest ? $"; did you mean {nearest}?" : "")),
    };

    private static int? Number(string text) =>
        GatewaySettings.Node.Refuse(text) is null ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static CommandFailure Bad(string message) => new(message, ExitCode.BadSetting);
}
