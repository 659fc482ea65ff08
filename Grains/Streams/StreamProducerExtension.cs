
namespace OrleansGateway.Streams;

/// <summary>Gives any grain that produces a stream the calls to subscribe to it.</summary>
internal sealed class StreamProducerExtension(IGrainContext context, StreamHost host, ILocalSiloDetails silo, TimeProvider time) : IStreamProducer
{
    public Task<SiloAddress> Subscribe(StreamId stream, Guid subscription, Guid holder, IStreamConsumer consumer)
    {
        host.Add(stream, new Outbox(subscription, holder, consumer, time), context.GrainInstance as IStreamSource);
        return Task.FromResult(silo.SiloAddress);
    }

    public Task Unsubscribe(StreamId stream, Guid subscription)
    {
        host.Remove(stream, subscription);
        return Task.CompletedTask;
    }
}
