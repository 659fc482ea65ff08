using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansGateway.Hosting;

/// <summary>Makes a host out of services that are made of services.</summary>
public static class ServiceTreeHosting
{
    /// <summary>
    /// Adds services to the tree of this process; the first call makes it. The host starts the whole tree in the place of the first call, and all
    /// that is registered as a hosted service outside of it before or after it.
    /// </summary>
    /// <param name="services">The registrations of the process.</param>
    /// <param name="name">What the process is, such as <c>node</c>. A later call goes by the first one's.</param>
    /// <param name="compose">Says what it is made of.</param>
    public static IServiceCollection AddServiceTree(this IServiceCollection services, string name, Action<ServiceBuilder> compose)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(compose);
        if (services.FirstOrDefault(x => x.ServiceType == typeof(ServiceTree))?.ImplementationInstance is not ServiceTree tree)
        {
            tree = new ServiceTree(name, TimeProvider.System);
            services.AddSingleton(tree);
            services.AddSingleton<ServiceTreeHost>();
            services.AddSingleton<IReloadable>(x => x.GetRequiredService<ServiceTreeHost>());
            services.AddHostedService(x => x.GetRequiredService<ServiceTreeHost>());
        }

        ServiceBuilder.Compose(services, tree.Service, compose);
        return services;
    }

    /// <summary>Has services of the tree take hosted services that are registered only when the host is built, as the web server is.</summary>
    internal static void UseLateServices(this IHostApplicationBuilder builder) =>
        builder.ConfigureContainer(new LateServices(builder.Environment.IsDevelopment()));

    private sealed class LateServices(bool validate) : IServiceProviderFactory<IServiceCollection>
    {
        private readonly DefaultServiceProviderFactory _factory = new(new ServiceProviderOptions { ValidateScopes = validate, ValidateOnBuild = validate });

        public IServiceCollection CreateBuilder(IServiceCollection services)
        {
            foreach (var claim in services.Select(x => x.IsKeyedService ? null : x.ImplementationInstance).OfType<LateClaim>().ToList())
            {
                claim.Take(services);
            }

            return _factory.CreateBuilder(services);
        }

        public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder) => _factory.CreateServiceProvider(containerBuilder);
    }
}
