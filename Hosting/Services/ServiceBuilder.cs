using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansGateway.Hosting;

/// <summary>
/// Composes a service out of services. What is registered as <see cref="IHostedService"/> by way of it belongs to it; registrations and parts
/// start in the order in which they were added, and stop in reverse.
/// </summary>
public sealed class ServiceBuilder
{
    /// <summary>How long a service may take to start unless it says otherwise: 30 seconds.</summary>
    public static readonly TimeSpan DefaultStartTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a service may take to stop unless it says otherwise: 10 seconds. The whole process has <see cref="HostOptions.ShutdownTimeout"/>.</summary>
    public static readonly TimeSpan DefaultStopTimeout = TimeSpan.FromSeconds(10);

    private readonly CompositeService _service;
    private readonly HashSet<ServiceDescriptor> _others;

    private ServiceBuilder(IServiceCollection services, CompositeService service, HashSet<ServiceDescriptor> others) =>
        (Services, _service, _others) = (services, service, others);

    /// <summary>The registrations of the process.</summary>
    public IServiceCollection Services { get; }

    /// <summary>How long it may take to start, with its parts; default <see cref="DefaultStartTimeout"/>, for the process as a whole for ever.</summary>
    public TimeSpan StartTimeout { get => _service.StartTimeout; set => _service.StartTimeout = value; }

    /// <summary>How long it may take to stop, with its parts; default <see cref="DefaultStopTimeout"/>. Then it is told that its time is over, and a second later left behind.</summary>
    public TimeSpan StopTimeout { get => _service.StopTimeout; set => _service.StopTimeout = value; }

    /// <summary>Adds a part.</summary>
    /// <param name="name">Its name, which no other part of this service has.</param>
    /// <param name="compose">Says what it is made of.</param>
    /// <exception cref="InvalidOperationException">There is one of that name.</exception>
    public ServiceBuilder Add(string name, Action<ServiceBuilder> compose)
    {
        ArgumentNullException.ThrowIfNull(compose);
        Capture(static _ => true);
        var part = new CompositeService(_service.Node.Add(name)) { StartTimeout = DefaultStartTimeout, StopTimeout = DefaultStopTimeout };
        _service.Members.Add(part);
        Compose(Services, part, _others, compose);
        return this;
    }

    /// <summary>Adds a part that is one hosted service.</summary>
    /// <typeparam name="T">The hosted service; its constructor takes what is registered.</typeparam>
    /// <param name="name">The part's name, which no other part of this service has.</param>
    public ServiceBuilder Add<T>(string name)
        where T : class, IHostedService => Add(name, x => x.Services.AddHostedService<T>());

    /// <summary>Makes it the owner of hosted services that are registered only when the host is built.</summary>
    /// <param name="isMine">Which ones.</param>
    internal void Claim(Func<ServiceDescriptor, bool> isMine) => Services.AddSingleton(new LateClaim(services =>
        new ServiceBuilder(services, _service, []).Capture(isMine)));

    /// <summary>Has what is registered meanwhile belong to a service.</summary>
    internal static void Compose(IServiceCollection services, CompositeService service, Action<ServiceBuilder> compose) =>
        Compose(services, service, [.. services], compose);

    private static void Compose(IServiceCollection services, CompositeService service, HashSet<ServiceDescriptor> others, Action<ServiceBuilder> compose)
    {
        var builder = new ServiceBuilder(services, service, others);
        compose(builder);
        builder.Capture(static _ => true);
    }

    // Replaced in place: what the host would start by itself is started by the service.
    private void Capture(Func<ServiceDescriptor, bool> isMine)
    {
        for (var i = 0; i < Services.Count; i++)
        {
            var descriptor = Services[i];
            if (descriptor.ServiceType == typeof(IHostedService) && !descriptor.IsKeyedService && !_others.Contains(descriptor) && isMine(descriptor))
            {
                var member = new HostedMember(_service.Node, descriptor);
                _service.Members.Add(member);
                Services[i] = member.Keyed;
            }
        }
    }
}

/// <summary>Takes, when the host is built, what was registered last.</summary>
internal sealed record LateClaim(Action<IServiceCollection> Take);
