using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Journals;
using OrleansGateway.Logs;
using OrleansGateway.Presence;
using OrleansGateway.Streams;

namespace OrleansGateway;

/// <summary>Puts the gateway's grains and what keeps them going into a silo.</summary>
public static class GatewayGrainsHosting
{
    /// <summary>Adds all of it.</summary>
    /// <inheritdoc cref="AddGatewayChannels" path="/remarks"/>
    public static ISiloBuilder AddGatewayGrains(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // They stop in reverse: nothing calls the singletons back to life while the grains leave, and the silo stops last.
        builder.AddGatewayChannels();
        builder.Services.AddHandover().AddClusterWatch().AddBridges().AddAnnouncer();
        return builder;
    }

    /// <summary>Adds the grains, the channels' streams, and what the services below need.</summary>
    /// <remarks>The channels' messages are kept in memory, unless another <see cref="IChannelLog"/> and its <see cref="IChannelCatalog"/> were registered before.</remarks>
    public static ISiloBuilder AddGatewayChannels(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<RetentionOptions>();
        services.TryAddSingleton<IChannelLog, MemoryChannelLog>();
        services.AddSingleton<ChannelServices>();
        services.AddSingleton<LocalChannels>();
        services.AddSingleton<IPresentChannels>(sp => sp.GetRequiredService<LocalChannels>());
        services.TryAddSingleton<IChannelCatalog>(sp => sp.GetRequiredService<LocalChannels>());
        services.AddSingleton<NodeChannels>();
        services.AddSingleton<IChannelDirectory, ChannelDirectory>();
        services.AddSingleton<IChannelWatch, ChannelWatch>();
        services.AddOptions<BridgesOptions>();
        services.AddOptions<LocalNodeOptions>();

        services.AddDirectStreams(ChannelStreams.Provider, ChannelStreams.ProducerOf);
        services.AddSingleton<StreamHost>();
        services.AddSingleton<StreamProducer>();
        services.AddSingleton<IStreamPublisher>(sp => sp.GetRequiredService<StreamHost>());

        services.AddSingleton<IJournalWatch, JournalWatch>();
        services.AddSingleton<LocalNode>();
        services.AddSingleton<Announcement>();
        services.AddSingleton<BridgeOwners>();
        services.AddSingleton<ClusterView>();
        services.AddSingleton<IClusterView>(sp => sp.GetRequiredService<ClusterView>());
        builder.AddPlacementDirector<SiloPlacement, SiloPlacementDirector>();

        services.AddSingleton<Handover>();

        // Without it the death of any node takes channels from healthy ones: the default directory deactivates those whose
        // entries it lost. Its lease on what a dead node had held would delay every takeover.
#pragma warning disable ORLEANSEXP003 // Experimental: measured to do what is needed here, docs/decisions/0002-cluster.md.
        builder.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        services.Configure<GrainDirectoryOptions>(x => x.RangeLeaseDuration = TimeSpan.Zero);
        return builder;
    }

    /// <summary>Adds the service that gives the grains of this node to others when it stops. It starts after the silo.</summary>
    public static IServiceCollection AddHandover(this IServiceCollection services) => services.AddHostedService(sp => sp.GetRequiredService<Handover>());

    /// <summary>Adds the services that follow who is in the cluster and see at once when a node dies. They start after the silo.</summary>
    public static IServiceCollection AddClusterWatch(this IServiceCollection services) =>
        services.AddHostedService(sp => sp.GetRequiredService<ClusterView>()).AddHostedService<Tripwire>();

    /// <summary>Adds the service that keeps the bridges alive. It starts after the handover.</summary>
    public static IServiceCollection AddBridges(this IServiceCollection services) => services.AddHostedService<BridgeKeeper>();

    /// <summary>Adds the service that keeps the announcer alive. It starts after the handover.</summary>
    public static IServiceCollection AddAnnouncer(this IServiceCollection services) => services.AddHostedService<AnnouncerKeeper>();
}
