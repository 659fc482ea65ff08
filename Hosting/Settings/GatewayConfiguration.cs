using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Numbers;

namespace OrleansGateway.Hosting;

/// <summary>The configuration that settings come from: <c>appsettings.json</c>, then the environment, then flags; the later one wins.</summary>
public static class GatewayConfiguration
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "appsettings.json";

    /// <summary>Reads it.</summary>
    /// <param name="directory">Where <c>appsettings.json</c> is looked for; it need not be there. Null: nowhere.</param>
    /// <param name="flags">What <see cref="GatewayFlags.TryRead"/> found.</param>
    /// <param name="configuration">The configuration, or null.</param>
    /// <param name="error">One line that says what is wrong, or null.</param>
    /// <param name="remembered">What is remembered of an earlier start: it wins over the environment, and flags over it.</param>
    /// <returns>Whether nothing is wrong. The values are not yet looked at.</returns>
    public static bool TryRead(
        string? directory,
        IReadOnlyDictionary<string, string?> flags,
        [NotNullWhen(true)] out IConfigurationRoot? configuration,
        [NotNullWhen(false)] out string? error,
        IReadOnlyDictionary<string, string?>? remembered = null)
    {
        try
        {
            var builder = new ConfigurationBuilder();
            if (directory is not null && Path.GetFullPath(FileName, directory) is var file && File.Exists(file))
            {
                builder.Add(Layer.OfFile(file));
            }

            configuration = builder
                .Add(Layer.OfEnvironment())
                .Add(Layer.Of(remembered ?? new Dictionary<string, string?>(), OriginKind.Remembered))
                .Add(Layer.Of(flags, OriginKind.Flag))
                .Build();
            error = null;
            return true;
        }
        catch (InvalidDataException exception)
        {
            configuration = null;
            error = exception.Message;
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            configuration = null;
            error = InOneLine(exception);
            return false;
        }
    }

    /// <summary>Checks all settings, each for itself and those that must fit together, whichever part uses them: a file is good as a whole, or bad.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="part">Whose ports must fit together.</param>
    /// <param name="error">One line that names the setting, its value, where it came from and what is allowed; or null.</param>
    /// <returns>Whether nothing is wrong.</returns>
    public static bool TryValidate(IConfiguration configuration, Parts part, [NotNullWhen(false)] out string? error)
    {
        error = ConfigurationRules.Refuse(configuration);
        if (error is null && part != Parts.Numbers)
        {
            error = PortPlan.Of(configuration, part).Refuse() ?? RefuseAnyPort(configuration);
        }

        return error is null;
    }

    /// <summary>Where a key of a configuration has its value from.</summary>
    public static Origin OriginOf(IConfiguration configuration, string key) => Origin.Of(configuration, key);

    /// <summary>What is allowed but seldom meant, a line each. For a configuration that is valid.</summary>
    public static IEnumerable<string> Warnings(IConfiguration configuration, Parts part) =>
        part == Parts.Numbers ? [] : PortPlan.Of(configuration, part).Warnings();

    // Port 0 is any free one: fine for a server by itself, but nobody would find it.
    private static string? RefuseAnyPort(IConfiguration configuration) =>
        HostPort.TryParse(GatewaySettings.Numbers.In(configuration), out var numbers) && numbers.Port == 0
            ? GatewaySettings.Numbers.Refusal(
                numbers.ToString(), "allowed is HOST:PORT with a port, 1 to 65535", null, Origin.Of(configuration, GatewaySettings.Numbers.Key).Phrase)
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
