
namespace OrleansGateway.Streams;

/// <summary>What a grain that produces a stream does when it is subscribed to (<see cref="IStreamProducer"/>): one for all of a silo.</summary>
internal sealed class StreamProducer(StreamHost host, StreamConsumer present, ILocalSiloDetails silo, TimeProvider time)
{
    /// <inheritdoc cref="IStreamProducer.Subscribe"/>
    public Task<SiloAddress> Subscribe(StreamId stream, Guid subscription, Guid holder, IStreamConsumer consumer, IStreamSource source)
    {
        // What this process consumes of its own needs no message.
        var outbox = holder == present.Holder
            ? new Outbox(subscription, holder, present, time, isPresent: true)
            : new Outbox(subscription, holder, consumer, time);
        host.Add(stream, outbox, source);
        return Task.FromResult(silo.SiloAddress);
    }

    /// <inheritdoc cref="IStreamProducer.Unsubscribe"/>
    public Task Unsubscribe(StreamId stream, Guid subscription)
    {
        host.Remove(stream, subscription);
        return Task.CompletedTask;
    }
}
