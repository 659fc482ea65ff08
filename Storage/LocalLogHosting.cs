using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Logs;

namespace OrleansGateway.Storage;

/// <summary>Puts the log in files into a silo.</summary>
public static class LocalLogHosting
{
    /// <summary>Keeps the channels' messages in files that the nodes of one machine share.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="directory">The directory; it is made where it is missing.</param>
    public static IServiceCollection AddLocalChannelLog(this IServiceCollection services, string directory)
    {
        services.Configure<LocalLogOptions>(x => x.Directory = directory);
        return services.AddSingleton<IChannelLog, LocalChannelLog>();
    }
}
