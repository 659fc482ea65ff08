using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Hosting;

/// <summary>What the host sees of the tree: one hosted service that is made of all others.</summary>
internal sealed partial class ServiceTreeHost(ServiceTree tree, IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<ServiceTreeHost> logger)
    : IHostedLifecycleService, IReloadable
{
    private IEnumerable<IHostedLifecycleService> Lifecycles => tree.Service.Hosted.OfType<IHostedLifecycleService>();

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        tree.Service.Create(services, OnFailure);
        foreach (var service in Lifecycles)
        {
            await service.StartingAsync(cancellationToken);
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await tree.Service.StartAsync(cancellationToken);
        }
        catch (ServiceFailedException failure)
        {
            LogNotStarted(failure.Message);
            throw;
        }
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var service in Lifecycles)
        {
            await service.StartedAsync(cancellationToken);
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        foreach (var service in Lifecycles.Reverse())
        {
            await service.StoppingAsync(cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => tree.Service.StopAsync(cancellationToken);

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        foreach (var service in Lifecycles.Reverse())
        {
            await service.StoppedAsync(cancellationToken);
        }
    }

    public Task ReloadAsync(CancellationToken cancellationToken) => tree.Service.ReloadAsync(cancellationToken);

    // A process without one of its services is no good to the others: better none, which is seen at once.
    private void OnFailure(ServiceNode node, Exception exception)
    {
        LogFailed(exception, node.Path);
        tree.NoteFailure(new ServiceFailedException(node.Path, exception));
        node.Fail(GatewayConfiguration.InOneLine(exception));
        lifetime.StopApplication();
    }

    [LoggerMessage(1, LogLevel.Error, "A service did not start: {Reason}")]
    private partial void LogNotStarted(string reason);

    [LoggerMessage(2, LogLevel.Critical, "The service {Path} failed; this process stops")]
    private partial void LogFailed(Exception exception, string path);
}
