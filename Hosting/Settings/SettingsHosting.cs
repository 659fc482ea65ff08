using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Numbers.Server;

namespace OrleansGateway.Hosting;

/// <summary>Gives a host its settings.</summary>
public static class SettingsHosting
{
    /// <summary>Fills the options classes from the host's configuration, again whenever that changes.</summary>
    public static IServiceCollection AddGatewaySettings(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Fill<FrontendOptions>().Fill<RetentionOptions>().Fill<BridgesOptions>().Fill<NumberServerOptions>();
    }

    /// <summary>Makes a configuration the host's own, with levels of the logs, and reloads it.</summary>
    internal static void AddRunningConfiguration(this IHostApplicationBuilder builder, RunningConfiguration configuration, ReloadRequests requests)
    {
        configuration.AddTo(builder.Configuration);
        foreach (var (category, level) in LogLevelOptions.Defaults)
        {
            builder.Logging.AddFilter(category == "Default" ? null : category, Enum.Parse<LogLevel>(level));
        }

        // After the defaults, which it overrules.
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(configuration);
        builder.Services.TryAddSingleton<ReloadLog>();
        builder.Services.AddSingleton(requests);
        builder.Services.AddHostedService<ConfigurationReload>();
        builder.Services.AddGatewaySettings();
    }

    private static IServiceCollection Fill<TOptions>(this IServiceCollection services)
        where TOptions : class, new()
    {
        services.AddOptions<TOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<TOptions>, Filled<TOptions>>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IOptionsChangeTokenSource<TOptions>, Filled<TOptions>>());
        return services;
    }

    private sealed class Filled<TOptions>(IConfiguration configuration) : IConfigureOptions<TOptions>, IOptionsChangeTokenSource<TOptions>
        where TOptions : class, new()
    {
        public string Name => Options.DefaultName;

        public void Configure(TOptions options) => SettingValues.Fill(configuration, options);

        public IChangeToken GetChangeToken() => configuration.GetReloadToken();
    }
}
