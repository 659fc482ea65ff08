using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansGateway.Hosting;

namespace OrleansGateway.Numbers.Server;

/// <summary>Registers the number server with a host.</summary>
internal static class NumberServerRegistration
{
    /// <summary>Adds the server, its settings, and their reload at SIGHUP.</summary>
    public static IServiceCollection AddNumberServer(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<NumberServerOptions>();
        services.AddSingleton<IOptionsFactory<NumberServerOptions>, LastGoodOptionsFactory<NumberServerOptions>>();
        services.AddSingleton<IConfigureOptions<NumberServerOptions>, NumberServerOptionsSetup>();
        services.AddSingleton<IValidateOptions<NumberServerOptions>, NumberServerOptionsSetup>();
        services.AddSingleton<IOptionsChangeTokenSource<NumberServerOptions>>(provider =>
            new ConfigurationChangeTokenSource<NumberServerOptions>(provider.GetRequiredService<IConfiguration>()));
        services.AddReloadOnHangup();
        services.AddSingleton<NumberServer>();
        services.AddHostedService(provider => provider.GetRequiredService<NumberServer>());
        return services;
    }
}
