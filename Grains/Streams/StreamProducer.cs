
namespace OrleansGateway.Streams;

/// <summary>What a grain that produces a stream does when it is subscribed to (<see cref="IStreamProducer"/>): one for all of a silo.</summary>
internal sealed class StreamProducer(StreamHost host, ILocalSiloDetails silo, TimeProvider time)
{
    /// <inheritdoc cref="IStreamProducer.Subscribe"/>
    public Task<SiloAddress> Subscribe(StreamId stream, Guid subscription, Guid holder, IStreamConsumer consumer, IStreamSource source)
    {
        host.Add(stream, new Outbox(subscription, holder, consumer, time), source);
        return Task.FromResult(silo.SiloAddress);
    }

    /// <inheritdoc cref="IStreamProducer.Unsubscribe"/>
    public Task Unsubscribe(StreamId stream, Guid subscription)
    {
        host.Remove(stream, subscription);
        return Task.CompletedTask;
    }
}
