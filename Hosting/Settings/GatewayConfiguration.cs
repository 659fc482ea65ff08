using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Numbers;

namespace OrleansGateway.Hosting;

/// <summary>The configuration that settings come from: <c>appsettings.json</c>, then the environment, then flags; the later one wins.</summary>
public static class GatewayConfiguration
{
    /// <summary>Reads it.</summary>
    /// <param name="directory">Where <c>appsettings.json</c> is looked for; it need not be there.</param>
    /// <param name="flags">What <see cref="GatewayFlags.TryRead"/> found.</param>
    /// <param name="configuration">The configuration, or null.</param>
    /// <param name="error">One line that says what is wrong, or null.</param>
    /// <returns>Whether nothing is wrong. The values are not yet looked at.</returns>
    public static bool TryRead(
        string directory,
        IReadOnlyDictionary<string, string?> flags,
        [NotNullWhen(true)] out IConfigurationRoot? configuration,
        [NotNullWhen(false)] out string? error)
    {
        try
        {
            var builder = new ConfigurationBuilder();
            var file = Path.GetFullPath("appsettings.json", directory);
            if (File.Exists(file))
            {
                builder.AddJsonFile(file, optional: true, reloadOnChange: false);
            }

            configuration = builder.AddEnvironmentVariables().AddInMemoryCollection(flags).Build();
            error = null;
            return true;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            configuration = null;
            error = InOneLine(exception);
            return false;
        }
    }

    /// <summary>Checks the settings that a part uses, each for itself and those that must fit together.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="part">Whose settings.</param>
    /// <param name="error">One line that names the setting, its value and what is allowed; or null.</param>
    /// <returns>Whether nothing is wrong.</returns>
    public static bool TryValidate(IConfiguration configuration, Parts part, [NotNullWhen(false)] out string? error)
    {
        error = GatewaySettings.All
            .Where(x => ((x.AcceptedBy | x.UsedBy) & part) != 0)
            .Select(x => x.Refuse(x.In(configuration)))
            .FirstOrDefault(x => x is not null);
        if (error is null && part != Parts.Numbers)
        {
            error = PortPlan.Of(configuration, part).Refuse() ?? RefuseAnyPort(configuration);
        }

        return error is null;
    }

    /// <summary>What is allowed but seldom meant, a line each. For a configuration that is valid.</summary>
    public static IEnumerable<string> Warnings(IConfiguration configuration, Parts part) =>
        part == Parts.Numbers ? [] : PortPlan.Of(configuration, part).Warnings();

    // Port 0 is any free one: fine for a server by itself, but nobody would find it.
    private static string? RefuseAnyPort(IConfiguration configuration) =>
        HostPort.TryParse(GatewaySettings.Numbers.In(configuration), out var numbers) && numbers.Port == 0
            ? GatewaySettings.Numbers.Refusal(numbers.ToString(), "allowed is HOST:PORT with a port, 1 to 65535")
            : null;

    /// <summary>What went wrong, down to the first cause, in one line without a stack.</summary>
    public static string InOneLine(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var message = exception.Message.ReplaceLineEndings(" ");
        return exception.InnerException is { } inner && !message.Contains(inner.Message, StringComparison.Ordinal)
            ? $"{message} {InOneLine(inner)}"
            : message;
    }
}
