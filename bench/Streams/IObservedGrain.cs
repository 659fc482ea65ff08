using OrleansGateway.Channels;

namespace OrleansGateway.Bench.Streams;

/// <summary>The least that gives messages an order and takes them to other silos: what the channels' streams are compared with.</summary>
[Alias("OrleansGateway.Bench.IObservedGrain")]
internal interface IObservedGrain : IGrainWithStringKey
{
    /// <summary>Numbers messages and hands them to all observers; waits while one of them is far behind.</summary>
    [Alias("Publish")]
    Task Publish(PublishRequest request);

    /// <summary>Adds an observer.</summary>
    [Alias("Observe")]
    Task Observe(IBatchObserver observer);
}

/// <summary>A process that observes.</summary>
[Alias("OrleansGateway.Bench.IBatchObserver")]
internal interface IBatchObserver : IGrainObserver
{
    /// <summary>Takes batches in order: there is one call at a time.</summary>
    [Alias("Take")]
    Task Take(Batches batches);
}

/// <summary>Batches on their way.</summary>
[GenerateSerializer, Immutable, Alias("OrleansGateway.Bench.Batches")]
internal sealed record Batches([property: Id(0)] MessageBatch[] Items);
