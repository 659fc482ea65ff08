namespace OrleansGateway.Hosting;

/// <summary>What is other in a configuration that was read anew.</summary>
/// <param name="Values">All values that are to hold: the new ones, and the old ones of what needs a restart.</param>
/// <param name="Applied">What a reload changes, a line each.</param>
/// <param name="NeedsRestart">What it leaves as it is, a line each.</param>
internal sealed record ConfigurationChange(IReadOnlyDictionary<string, string?> Values, IReadOnlyList<string> Applied, IReadOnlyList<string> NeedsRestart)
{
    /// <summary>Compares what holds with what was read, both by their keys, and tells of what the part uses.</summary>
    public static ConfigurationChange Between(IReadOnlyDictionary<string, string?> old, IReadOnlyDictionary<string, string?> read, Parts part)
    {
        var values = new Dictionary<string, string?>(read, StringComparer.OrdinalIgnoreCase);
        var (applied, needsRestart) = (new List<string>(), new List<string>());
        foreach (var key in old.Keys.Union(read.Keys, StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal))
        {
            if (GatewaySettings.Find(key)?.Setting is not { } setting || Text(setting, old, key) is var before && Text(setting, read, key) is var after && before == after)
            {
                continue;
            }

            if ((setting.UsedBy & part) != 0)
            {
                (setting.Reloads ? applied : needsRestart).Add($"{setting.KeyOf(setting.IsPattern ? setting.NameIn(key) : null)} {before} -> {after}");
            }

            if (!setting.Reloads)
            {
                values.Remove(key);
                if (old.TryGetValue(key, out var kept))
                {
                    values[key] = kept;
                }
            }
        }

        return new ConfigurationChange(values, applied, needsRestart);
    }

    private static string Text(Setting setting, IReadOnlyDictionary<string, string?> values, string key) =>
        !values.TryGetValue(key, out var value) ? setting.IsPattern ? "(not set)" : Shown(setting.Default) : Shown(setting.Canonical(value!));

    private static string Shown(string text) => text.Length == 0 ? "(none)" : text;
}
