using Orleans.Concurrency;

namespace OrleansGateway.Streams;

/// <summary>A process that consumes streams: what producers call.</summary>
[Alias("OrleansGateway.IStreamConsumer")]
internal interface IStreamConsumer : IGrainObserver
{
    /// <summary>
    /// Takes items of one subscription, in order. The producer has never more than one call for a subscription under way,
    /// since two of them could arrive in either order; the end of the call asks for the next. One that gets no answer counts
    /// as lost and is made again with the same items first: what comes twice or late shows by its numbers.
    /// </summary>
    [Alias("Deliver"), AlwaysInterleave]
    Task Deliver(Guid subscription, StreamItems items);

    /// <summary>Says that the producer is gone or forgets the subscription, so that the consumer subscribes again at once.</summary>
    [Alias("Ended"), OneWay, AlwaysInterleave]
    Task Ended(Guid subscription);
}

/// <summary>A grain that produces a stream: where consumers subscribe.</summary>
[Alias("OrleansGateway.IStreamProducer")]
internal interface IStreamProducer : IGrainExtension
{
    /// <summary>Adds or renews a subscription.</summary>
    /// <returns>The silo that holds it: the consumer keeps a lease there (<see cref="IStreamLeases"/>).</returns>
    [Alias("Subscribe"), AlwaysInterleave]
    Task<SiloAddress> Subscribe(StreamId stream, Guid subscription, Guid holder, IStreamConsumer consumer);

    /// <summary>Ends a subscription; one that is not there is no error.</summary>
    [Alias("Unsubscribe"), AlwaysInterleave]
    Task Unsubscribe(StreamId stream, Guid subscription);
}

/// <summary>
/// The leases of all subscriptions that one silo holds, renewed by each consuming process in one call, however many
/// streams there are: idle streams cost nothing.
/// </summary>
[Alias("OrleansGateway.IStreamLeases")]
internal interface IStreamLeases : IGrainWithStringKey
{
    /// <summary>Keeps the caller's subscriptions.</summary>
    /// <param name="holder">The consuming process.</param>
    /// <param name="acknowledged">The <see cref="LeaseAnswer.Sequence"/> of the last answer that arrived, or 0.</param>
    [Alias("Renew"), AlwaysInterleave]
    Task<LeaseAnswer> Renew(Guid holder, long acknowledged);
}

/// <summary>What a renewal says.</summary>
/// <param name="Known">False where nothing is left of what the holder had when it renewed last: it has to subscribe again.</param>
/// <param name="Sequence">To acknowledge with the next renewal.</param>
/// <param name="Ended">Subscriptions that ended here and whose ends were not yet acknowledged.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.LeaseAnswer")]
internal sealed record LeaseAnswer([property: Id(0)] bool Known, [property: Id(1)] long Sequence, [property: Id(2)] Guid[] Ended);

/// <summary>Items of a stream on their way. Nobody writes to them.</summary>
[GenerateSerializer, Immutable, Alias("OrleansGateway.StreamItems")]
internal sealed record StreamItems([property: Id(0)] object[] Items);

/// <summary>
/// A subscription lost its producer or its place there. It is given to the observer's <c>OnErrorAsync</c>; the answer is
/// <c>ResumeAsync</c> on the handle, and then a look at the producer's state, since items may have been missed.
/// </summary>
public sealed class StreamInterruptedException : Exception
{
    /// <summary>Makes one with a message.</summary>
    public StreamInterruptedException(string message) : base(message)
    {
    }

    /// <summary>Makes one with a message and its cause.</summary>
    public StreamInterruptedException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Makes one with a general message.</summary>
    public StreamInterruptedException() : base("The subscription was interrupted.")
    {
    }
}
