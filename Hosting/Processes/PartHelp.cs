namespace OrleansGateway.Hosting;

/// <summary>What a part says to <c>--help</c>.</summary>
internal static class PartHelp
{
    private const int Columns = 79;

    /// <summary>Whether a command line asks for it.</summary>
    public static bool IsAsked(IReadOnlyList<string> args) => args.Any(x => x is "--help" or "-h" or "-?");

    /// <summary>The text.</summary>
    public static string Of(Parts part)
    {
        var (command, does, examples) = part == Parts.Node
            ? ("node", "Runs one node of the gateway in the foreground, until SIGTERM or Ctrl-C. SIGHUP has it read its configuration again.",
                new[] { "gateway node --node 1", "gateway node --node 2 --state /var/lib/gateway --http 80" })
            : ("numbers", "Runs the number server in the foreground, until SIGTERM or Ctrl-C. SIGHUP has it read its configuration again.",
                ["gateway numbers", "gateway numbers --numbers 127.0.0.1:7777 --rate 600", "gateway numbers --listen    (prints what a server sends)"]);
        var settings = GatewaySettings.Of(part).Where(x => (x.UsedBy & part) != 0).ToArray();
        var width = settings.Max(x => Usage(x).Length);
        var lines = settings.Select(x =>
            Wrapped.Hanging($"  {Usage(x).PadRight(width)}  ", $"{x.Meaning}{(x.IsSwitch ? "" : $" (default {x.Default})")}", Columns));
        return $"""
            {Wrapped.Hanging("", does, Columns)}

            Usage: gateway {command} [flags]

            Flags, each also a setting (appsettings.json, or the environment:
            Gateway__Http for --http):
            {string.Join('\n', lines)}

            Examples:
            {string.Join('\n', examples.Select(x => $"  {x}"))}

            """;

        static string Usage(Setting setting) => setting.IsSwitch ? setting.Flag : $"{setting.Flag} {setting.ValueName}";
    }
}
