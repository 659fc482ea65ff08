using Microsoft.Extensions.Configuration;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Configuration;

/// <summary>A setting as it is: its value, and who said so.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Key">Its key; where there are many by names, and none is set, with a word in capitals for the name.</param>
/// <param name="Value">Its value in the shortest way of writing it; null where there are many by names, and none is set.</param>
/// <param name="Origin">Where that came from.</param>
internal sealed record SettingRow(Setting Setting, string Key, string? Value, Origin Origin)
{
    /// <summary>Who said so, in a few words.</summary>
    public string Source => Origin.Kind switch
    {
        OriginKind.Default => Value is null ? "not set" : "default",
        OriginKind.File => Origin.Name,
        OriginKind.Environment => $"environment, {Origin.Name}",
        OriginKind.Remembered => "remembered from the start",
        _ => Origin.Name.Length == 0 ? "flag" : $"flag, {Origin.Name}",
    };

    /// <summary>The settings of a configuration, which is valid, in the order in which a person reads them.</summary>
    public static IEnumerable<SettingRow> Of(IConfiguration configuration) => GatewaySettings.All.SelectMany<Setting, SettingRow>(x => x.IsPattern ? OfMany(x, configuration) : [OfOne(x, x.Key, configuration)]);

    private static List<SettingRow> OfMany(Setting setting, IConfiguration configuration)
    {
        var defaults = GatewaySettings.Of<LogLevelOptions>().Contains(setting) ? LogLevelOptions.Defaults : new Dictionary<string, string>();
        var said = configuration.AsEnumerable().Where(x => x.Value is not null).Select(x => setting.NameIn(x.Key)).OfType<string>();
        var rows = defaults.Keys.Union(said, StringComparer.OrdinalIgnoreCase)
            .Select(x => configuration[setting.KeyOf(x)] is null
                ? new SettingRow(setting, setting.KeyOf(x), defaults[x], Origin.Default)
                : OfOne(setting, setting.KeyOf(x), configuration))
            .ToList();
        return rows.Count > 0 ? rows : [new SettingRow(setting, setting.Key, null, Origin.Default)];
    }

    private static SettingRow OfOne(Setting setting, string key, IConfiguration configuration) =>
        new(setting, key, setting.Canonical(configuration[key] ?? setting.Default), GatewayConfiguration.OriginOf(configuration, key));
}
