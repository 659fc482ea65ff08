
namespace OrleansGateway.Streams;

/// <summary>The producing half of <see cref="DirectStreamProvider"/>, which only silos have.</summary>
internal interface IStreamPublisher
{
    /// <summary>Hands an item to the subscribers of a stream. Called by the grain that produces it, in its own context.</summary>
    /// <returns>A task that ends when all subscribers that take anything have room for more.</returns>
    Task Publish(StreamId stream, object item);
}

/// <summary>An item that tells its size, so that what waits for a subscriber can be bounded in bytes.</summary>
internal interface ISizedItem
{
    /// <summary>About how many bytes it holds.</summary>
    int SizeBytes { get; }
}
