namespace OrleansGateway.Logs;

/// <summary>What the logs keep, seen without taking a channel over.</summary>
public interface IChannelCatalog
{
    /// <summary>Whether it is the same on all nodes. Otherwise each node knows its own channels.</summary>
    bool IsShared { get; }

    /// <summary>The channels that keep a message, in the order of <see cref="Channels.ChannelNameOrder"/>. Where it is not shared: also some that have subscribers.</summary>
    /// <param name="prefix">What the names begin with; may be empty.</param>
    /// <param name="after">The name after which to begin; empty for the first.</param>
    /// <param name="count">The most that are returned; fewer come only where there are no more.</param>
    /// <exception cref="LogException">The logs cannot be read.</exception>
    Task<IReadOnlyList<KeptMessages>> List(string prefix, string after, int count);

    /// <summary>What is kept of some channels, in their order; null for one that is not known here.</summary>
    /// <exception cref="LogException">The logs cannot be read.</exception>
    Task<IReadOnlyList<KeptMessages?>> Find(IReadOnlyList<string> channels);
}

/// <summary>What is kept of a channel.</summary>
/// <param name="Channel">Its name.</param>
/// <param name="Epoch">The epoch of its log.</param>
/// <param name="Oldest">The oldest offset that is kept; one above the newest where nothing is.</param>
/// <param name="Newest">The newest offset, 0 where there is none.</param>
/// <param name="Bytes">How many bytes the messages take, with their types and times.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.KeptMessages")]
public sealed record KeptMessages(
    [property: Id(0)] string Channel, [property: Id(1)] string Epoch, [property: Id(2)] long Oldest, [property: Id(3)] long Newest, [property: Id(4)] long Bytes)
{
    /// <summary>How many messages are kept.</summary>
    public long Count => Newest - Oldest + 1;
}
