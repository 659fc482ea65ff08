using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Logs;

namespace OrleansGateway.Storage;

/// <summary>Puts the log in files into a silo.</summary>
public static class LocalLogHosting
{
    /// <summary>Keeps the channels' messages in files that the nodes of one machine share. To be called before the silo is added: it opens first and closes last.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="directory">The directory; it is made where it is missing.</param>
    public static IServiceCollection AddLocalChannelLog(this IServiceCollection services, string directory)
    {
        services.Configure<LocalLogOptions>(x => x.Directory = directory);
        services.AddSingleton<LocalChannelLog>();
        services.AddSingleton<IChannelLog>(sp => sp.GetRequiredService<LocalChannelLog>());
        services.AddSingleton(sp => sp.GetRequiredService<LocalChannelLog>().Journals);
        services.AddSingleton<IChannelCatalog, LocalChannelCatalog>();
        return services.AddHostedService<Opening>();
    }

    // Whatever is wrong with the store is said at the start, and not by the first channel. The container closes it, behind everybody who reads it.
    private sealed class Opening(LocalChannelLog log) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = log;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => log.Stop();
    }
}
