using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace OrleansGateway.Streams;

/// <summary>
/// A stream provider without queues: the grain that produces a stream calls its subscribers directly, one acknowledged call
/// at a time for each. A subscription is soft state beside the producer, kept by a lease.
/// </summary>
/// <remarks>
/// <para>It promises order, but not that every item arrives: a subscriber that falls behind, or whose producer moved, sees a
/// hole in its own numbering and reads what is missing from the producer. The provider tells it when it must look
/// (<see cref="StreamInterruptedException"/>).</para>
/// <para>Why not one of Orleans' own: docs/decisions/0001-direct-streams.md.</para>
/// </remarks>
internal sealed class DirectStreamProvider(string name, IServiceProvider services, Func<StreamId, GrainId> producerOf) : IStreamProvider
{
    private readonly Lazy<IStreamPublisher?> _publisher = new(services.GetService<IStreamPublisher>);
    private readonly Lazy<StreamConsumer> _consumer = new(services.GetRequiredService<StreamConsumer>);
    private readonly Lazy<IGrainFactory> _grains = new(services.GetRequiredService<IGrainFactory>);

    public string Name => name;

    public bool IsRewindable => false;

    internal StreamConsumer Consumer => _consumer.Value;

    internal IStreamPublisher Publisher => _publisher.Value
        ?? throw new NotSupportedException($"Streams of the provider '{name}' are published by their producing grains, not by clients.");

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new DirectStream<T>(this, streamId);

    internal IStreamProducer ProducerOf(StreamId stream) => _grains.Value.GetGrain<IStreamProducer>(producerOf(stream));
}
