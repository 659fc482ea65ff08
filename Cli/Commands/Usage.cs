namespace OrleansGateway.Cli.Commands;

/// <summary>How a person calls this program.</summary>
internal static class Usage
{
    /// <summary>The command as it was typed, such as <c>./gateway</c>.</summary>
    public static string Program { get; } = Environment.GetEnvironmentVariable("GATEWAY_SCRIPT") is { Length: > 0 } script ? script : "gateway";

    /// <summary>A command line for the same gateway.</summary>
    /// <param name="arguments">The command and its arguments.</param>
    /// <param name="state">The state directory as it was typed, or null for the default one.</param>
    public static string Of(string arguments, string? state) =>
        state is null ? $"{Program} {arguments}" : $"{Program} {arguments} --state {Quoted(state)}";

    private static string Quoted(string text) =>
        text.All(x => char.IsAsciiLetterOrDigit(x) || "/._-+:@%".Contains(x, StringComparison.Ordinal)) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
