using Microsoft.Extensions.Hosting;

namespace OrleansGateway.Hosting;

/// <summary>What a service is made of: a hosted service, or another service.</summary>
internal interface IServiceMember
{
    /// <summary>The hosted services, in the order in which they start.</summary>
    IEnumerable<IHostedService> Hosted { get; }

    /// <summary>Makes the hosted services, so that none is started where one can't be made.</summary>
    void Create(IServiceProvider services, Action<ServiceNode, Exception> onFailure);

    Task StartAsync(CancellationToken cancellationToken);

    Task StopAsync(CancellationToken cancellationToken);

    Task ReloadAsync(CancellationToken cancellationToken);
}
