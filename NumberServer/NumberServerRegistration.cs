using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansGateway.Hosting;

namespace OrleansGateway.Numbers.Server;

/// <summary>Registers the number server with a host.</summary>
internal static class NumberServerRegistration
{
    /// <summary>Adds the server and its settings.</summary>
    public static IServiceCollection AddNumberServer(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddGatewaySettings();
        services.AddSingleton<NumberServer>();
        services.AddHostedService(provider => provider.GetRequiredService<NumberServer>());
        return services;
    }
}
