using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>A silo of a <see cref="GatewayCluster"/>.</summary>
internal sealed class Node(InProcessSiloHandle silo)
{
    public InProcessSiloHandle Silo => silo;

    public IServiceProvider Services { get; } = silo.SiloHost.Services;

    public SiloAddress Address => silo.SiloAddress;

    /// <summary>The name that it has in the cluster.</summary>
    public string Name { get; } = silo.SiloHost.Services.GetRequiredService<ILocalSiloDetails>().Name;

    /// <summary>The silo's own client: what the node's HTTP side uses.</summary>
    public IClusterClient Client { get; } = silo.SiloHost.Services.GetRequiredService<IClusterClient>();

    public TestSubscribers Subscribers { get; } = silo.SiloHost.Services.GetRequiredService<TestSubscribers>();

    public IChannelDirectory Channels { get; } = silo.SiloHost.Services.GetRequiredService<IChannelDirectory>();

    public DeliveryFaults Faults { get; } = silo.SiloHost.Services.GetRequiredService<DeliveryFaults>();

    public GrainCalls Calls { get; } = silo.SiloHost.Services.GetRequiredService<GrainCalls>();

    public LeaseClock LeaseClock { get; } = silo.SiloHost.Services.GetRequiredService<LeaseClock>();
}
