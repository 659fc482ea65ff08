
namespace OrleansGateway.Streams;

/// <summary>Gives any grain that produces a stream the calls to subscribe to it.</summary>
internal sealed class StreamProducerExtension(IGrainContext context, StreamHost host, StreamConsumer present, ILocalSiloDetails silo, TimeProvider time)
    : IStreamProducer
{
    public Task<SiloAddress> Subscribe(StreamId stream, Guid subscription, Guid holder, IStreamConsumer consumer)
    {
        // What this process consumes of its own needs no message.
        var outbox = holder == present.Holder
            ? new Outbox(subscription, holder, present, time, isPresent: true)
            : new Outbox(subscription, holder, consumer, time);
        host.Add(stream, outbox, context.GrainInstance as IStreamSource);
        return Task.FromResult(silo.SiloAddress);
    }

    public Task Unsubscribe(StreamId stream, Guid subscription)
    {
        host.Remove(stream, subscription);
        return Task.CompletedTask;
    }
}
