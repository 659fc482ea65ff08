using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Streams;
using OrleansGateway.Channels;
using OrleansGateway.Streams;

namespace OrleansGateway;

/// <summary>Registers the streams that carry channels.</summary>
public static class DirectStreamHosting
{
    /// <summary>Lets a client outside of the cluster subscribe to channels (<see cref="ChannelFollower"/>).</summary>
    public static IClientBuilder AddChannelStreams(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDirectStreams(ChannelStreams.Provider, ChannelStreams.ProducerOf);
        return builder;
    }

    internal static IServiceCollection AddDirectStreams(this IServiceCollection services, string name, Func<StreamId, GrainId> producerOf)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StreamConsumer>();
        services.AddKeyedSingleton<IStreamProvider>(name, (sp, _) => new DirectStreamProvider(name, sp, producerOf));
        return services;
    }
}
