using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansGateway.Hosting;

/// <summary>A hosted service in its place in the tree. The container makes it and lets go of it.</summary>
internal sealed class HostedMember(ServiceNode node, ServiceDescriptor descriptor) : IServiceMember
{
    private readonly object _key = new();
    private IHostedService? _service;
    private Action<ServiceNode, Exception>? _onFailure;
    private Task _watch = Task.CompletedTask;
    private volatile bool _running;
    private volatile bool _stopping;

    public IEnumerable<IHostedService> Hosted => _service is null ? [] : [_service];

    /// <summary>The same registration under a key of its own, which the host does not see.</summary>
    public ServiceDescriptor Keyed => descriptor switch
    {
        { ImplementationInstance: { } instance } => new ServiceDescriptor(typeof(IHostedService), _key, instance),
        { ImplementationFactory: { } factory } => new ServiceDescriptor(typeof(IHostedService), _key, (services, _) => factory(services), descriptor.Lifetime),
        _ => new ServiceDescriptor(typeof(IHostedService), _key, descriptor.ImplementationType!, descriptor.Lifetime),
    };

    public void Create(IServiceProvider services, Action<ServiceNode, Exception> onFailure)
    {
        _onFailure = onFailure;
        _service = services.GetRequiredKeyedService<IHostedService>(_key);
        (_service as IServiceWithParts)?.Attach(node);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _service!.StartAsync(cancellationToken);
        _running = true;
        if (_service is BackgroundService { ExecuteTask: { } work })
        {
            _watch = Watch(work, cancellationToken);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        _running = false;
        await _service!.StopAsync(cancellationToken);

        // A background service returns at the end of its patience, whatever its work does.
        await _watch;
    }

    // What starts later reads the settings then.
    public Task ReloadAsync(CancellationToken cancellationToken) =>
        _running && _service is IReloadable reloadable ? reloadable.ReloadAsync(cancellationToken) : Task.CompletedTask;

    // A start that is called off calls off the work of what has started, too (BackgroundService links the two): that is no failure.
    private async Task Watch(Task work, CancellationToken start)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (_stopping || start.IsCancellationRequested)
        {
        }
        catch (Exception exception) when (!_stopping)
        {
            _onFailure!(node, exception);
        }
    }
}
