using Microsoft.Extensions.Configuration;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;

namespace OrleansGateway.Hosting;

/// <summary>What a configuration may say: nothing but settings, with values that are allowed.</summary>
internal static class ConfigurationRules
{
    private const string Logging = "Logging:";
    private const string LogLevel = ":LogLevel:";
    private static readonly Setting LevelOfCategory = GatewaySettings.Of<LogLevelOptions>()[0];

    /// <summary>Says in one line what is wrong; null when nothing is. What comes first in the table is told first.</summary>
    public static string? Refuse(IConfiguration configuration) =>
        Refusals(configuration).OrderBy(x => x.Place).Select(x => x.Refusal).FirstOrDefault();

    private static IEnumerable<(int Place, string Refusal)> Refusals(IConfiguration configuration)
    {
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (value is not null && Refuse(configuration, key, value) is { } refusal)
            {
                yield return (Place(key), refusal);
            }
        }

        foreach (var name in SettingValues.Names<BridgeOptions>(configuration).Where(x => !x.Equals(BridgeOptions.Numbers, StringComparison.OrdinalIgnoreCase)))
        {
            foreach (var setting in GatewaySettings.Of<BridgeOptions>().Where(x => configuration[x.KeyOf(name)] is null))
            {
                // Without one of its own the channel of a bridge has the bridge's name.
                if (setting.IsRequired || (setting.IsOf(typeof(BridgeOptions), nameof(BridgeOptions.Channel)) && !ChannelAttribute.IsName(name)))
                {
                    yield return (Place(setting.Key), $"{setting.KeyOf(name)} has no value; allowed is {setting.Allowed}");
                }
            }
        }
    }

    private static string? Refuse(IConfiguration configuration, string key, string value)
    {
        var origin = Origin.Of(configuration, key).Phrase;
        if (GatewaySettings.Find(key) is { } found)
        {
            return found.Setting.Refuse(value, key, origin) ?? (found.Name is { } name ? RefuseName(found.Setting, name, key, origin) : null);
        }

        if (GatewaySettings.All.FirstOrDefault(x => x.IsList && IsBelow(key, x.Key)) is { } list)
        {
            return list.Refuse(value, key, origin);
        }

        // One provider's own levels are as bad when they are.
        if (key.StartsWith(Logging, StringComparison.OrdinalIgnoreCase) && key.Contains(LogLevel, StringComparison.OrdinalIgnoreCase))
        {
            return LevelOfCategory.Refuse(value, key, origin);
        }

        // An empty object or array is a value of its section.
        return !GatewaySettings.OwnSections.Any(x => IsBelow(key, x)) || (value.Length == 0 && GatewaySettings.All.Any(x => IsBelow(x.Key, key)))
            ? null
            : $"{key} is '{value}'{(origin is null ? "" : $" {origin}")}, but there is no such setting; {Suggest(key)}";
    }

    private static string? RefuseName(Setting setting, string name, string key, string? origin) =>
        name.Trim().Length == 0 ? $"{key} {origin ?? "is there"}, but a name is not blank"
        : !GatewaySettings.Of<RetentionLimits>().Contains(setting) || name == "*" || ChannelAttribute.IsName(name.EndsWith("/*", StringComparison.Ordinal) ? name[..^2] : name)
            ? null
            : $"{key} {origin ?? "is there"}, but '{name}' is neither the name of a channel nor PREFIX/* nor *";

    private static string Suggest(string key)
    {
        var colon = key.LastIndexOf(':');
        var (parent, leaf) = (key[..colon], key[(colon + 1)..]);

        // Below the same section it is meant sooner than elsewhere.
        var siblings = GatewaySettings.All.Select(x => Sibling(x, parent)).OfType<string>().ToArray();
        var near = Near(siblings) ?? Near([.. GatewaySettings.All.Select(x => x.Key)]);
        return near is null ? "gateway config shows all that there are" : $"did you mean {near}?";

        string? Near(string[] keys) =>
            Nearest.To(leaf, keys.Select(Leaf)) is { } meant ? keys.First(x => Leaf(x) == meant) : null;

        static string Leaf(string x) => x[(x.LastIndexOf(':') + 1)..];
    }

    /// <summary>The key of a setting that is directly below a section, where it has one there.</summary>
    private static string? Sibling(Setting setting, string parent)
    {
        var key = $"{parent}:{setting.Key[(setting.Key.LastIndexOf(':') + 1)..]}";
        return setting.NameIn(key) is { } name ? setting.KeyOf(setting.IsPattern ? name : null) : null;
    }

    private static bool IsBelow(string key, string section) =>
        key.Length > section.Length + 1 && key[section.Length] == ':' && key.StartsWith(section, StringComparison.OrdinalIgnoreCase);

    private static int Place(string key)
    {
        for (var i = 0; i < GatewaySettings.All.Count; i++)
        {
            if (GatewaySettings.All[i].Key == key || GatewaySettings.All[i].NameIn(key) is not null)
            {
                return i;
            }
        }

        return int.MaxValue;
    }
}
