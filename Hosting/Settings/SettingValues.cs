using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;

namespace OrleansGateway.Hosting;

/// <summary>Reads settings from a configuration.</summary>
public static class SettingValues
{
    /// <summary>The value of a setting that there is one of, or its default, as text.</summary>
    public static string In(this Setting setting, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(configuration);
        return setting.Said(configuration, null) ?? setting.Default;
    }

    /// <summary>Fills an options class.</summary>
    /// <exception cref="OptionsValidationException">A value is not allowed.</exception>
    public static TOptions Read<TOptions>(this IConfiguration configuration)
        where TOptions : class, new()
    {
        var options = new TOptions();
        Fill(configuration, options);
        return options;
    }

    /// <summary>Fills an options class, as <see cref="Read"/> does.</summary>
    internal static void Fill<TOptions>(IConfiguration configuration, TOptions options)
        where TOptions : class, new()
    {
        switch (options)
        {
            case RetentionOptions retention:
                Fill(configuration, retention, null);
                foreach (var pattern in Names<RetentionLimits>(configuration))
                {
                    // What is not said of some channels is as for all.
                    var limits = new RetentionLimits { Messages = retention.Messages, Bytes = retention.Bytes, Age = retention.Age };
                    Fill(configuration, limits, pattern);
                    retention.Channels[pattern] = limits;
                }

                break;
            case BridgesOptions bridges:
                bridges.Bridges[BridgeOptions.Numbers] = new BridgeOptions
                {
                    Source = GatewaySettings.Numbers.In(configuration),
                    Channel = BridgeOptions.Numbers,
                    Lines = LineKind.Integers,
                };
                foreach (var name in Names<BridgeOptions>(configuration))
                {
                    var bridge = bridges.Bridges.GetValueOrDefault(name) ?? new BridgeOptions { Channel = name };
                    Fill(configuration, bridge, name);
                    bridges.Bridges[name] = bridge;
                }

                break;
            case Numbers.Server.NumberServerOptions numbers:
                Fill(configuration, numbers, null);
                numbers.Listen = Checked<Numbers.Server.NumberServerOptions>(GatewaySettings.Numbers, configuration, null) ?? numbers.Listen;
                break;
            default:
                Fill(configuration, options, null);
                break;
        }
    }

    /// <summary>The names that a configuration has of an options class that there are many of.</summary>
    internal static IEnumerable<string> Names<TOptions>(IConfiguration configuration)
        where TOptions : new()
    {
        var settings = GatewaySettings.Of<TOptions>();
        return configuration.AsEnumerable()
            .Where(x => x.Value is not null)
            .Select(x => settings.Select(setting => setting.NameIn(x.Key)).FirstOrDefault(name => name is not null))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal);
    }

    private static void Fill<TOptions>(IConfiguration configuration, TOptions options, string? name)
        where TOptions : class, new()
    {
        foreach (var setting in GatewaySettings.Of<TOptions>())
        {
            if (Checked<TOptions>(setting, configuration, name) is { } value)
            {
                setting.Fill(options, value);
            }
        }
    }

    private static string? Checked<TOptions>(Setting setting, IConfiguration configuration, string? name)
    {
        var key = setting.KeyOf(name);
        return setting.Said(configuration, name) is not { } value ? null
            : setting.Refuse(value, key, Origin.Of(configuration, key).Phrase) is { } refusal
                ? throw new OptionsValidationException(Options.DefaultName, typeof(TOptions), [refusal])
                : value;
    }

    private static string? Said(this Setting setting, IConfiguration configuration, string? name)
    {
        var key = setting.KeyOf(name);
        return configuration[key] is { } value ? value
            : setting.IsList && configuration.GetSection(key).GetChildren().Select(x => x.Value).ToArray() is { Length: > 0 } elements ? string.Join(',', elements)
            : null;
    }
}
