using System.Diagnostics.CodeAnalysis;

namespace OrleansGateway.Hosting;

/// <summary>The command line of a part: <c>--flag VALUE</c> or <c>--flag=VALUE</c>, nothing else.</summary>
public static class GatewayFlags
{
    /// <summary>Reads the flags and checks each value. Of a flag that is there twice the last one holds.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="part">Whose it is.</param>
    /// <param name="settings">The values by their keys in the configuration.</param>
    /// <param name="error">One line that says what is wrong, or null.</param>
    /// <returns>Whether nothing is wrong.</returns>
    public static bool TryRead(
        IReadOnlyList<string> args, Parts part, out IReadOnlyDictionary<string, string?> settings, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(args);
        var read = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        settings = read;
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var flag = equals < 0 ? args[i] : args[i][..equals];
            if (GatewaySettings.Of(part).FirstOrDefault(x => x.Flag == flag) is not { } setting)
            {
                error = Unknown(args[i], flag, part);
                return false;
            }

            string value;
            if (equals >= 0)
            {
                value = args[i][(equals + 1)..];
            }
            else if (setting.IsSwitch)
            {
                value = "true";
            }
            else if (i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = args[++i];
            }
            else
            {
                error = NoValue(setting);
                return false;
            }

            if (setting.Refuse(value) is { } refusal)
            {
                error = refusal;
                return false;
            }

            read[setting.Key] = value;
        }

        error = null;
        return true;
    }

    /// <summary>The command line that <see cref="TryRead"/> reads these settings from. Settings that have no flag of the part are left out.</summary>
    /// <param name="settings">Values by their keys in the configuration.</param>
    /// <param name="part">Whose command line it is.</param>
    public static IEnumerable<string> Write(IReadOnlyDictionary<string, string?> settings, Parts part)
    {
        foreach (var setting in GatewaySettings.Of(part))
        {
            if (!settings.TryGetValue(setting.Key, out var value) || value is null)
            {
                continue;
            }

            if (!setting.IsSwitch)
            {
                yield return setting.Flag;
                yield return value;
            }
            else if (bool.Parse(value))
            {
                yield return setting.Flag;
            }
        }
    }

    internal static string NoValue(Setting setting) => $"{setting} has no value; allowed is {setting.Allowed}";

    private static string Unknown(string argument, string flag, Parts part) =>
        !argument.StartsWith('-') ? $"'{argument}' is not understood: what is allowed are flags, see --help"
        : Nearest.To(flag, GatewaySettings.Of(part).Select(x => x.Flag)) is { } nearest ? $"{flag} is not a flag of {Name(part)}; did you mean {nearest}?"
        : $"{flag} is not a flag of {Name(part)}, see --help";

    private static string Name(Parts part) => part switch
    {
        Parts.Node => "a node",
        Parts.Numbers => "the number server",
        _ => "the gateway",
    };
}
