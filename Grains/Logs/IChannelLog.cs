using OrleansGateway.Channels;

namespace OrleansGateway.Logs;

/// <summary>The logs of all channels, as one node reaches them.</summary>
public interface IChannelLog
{
    /// <summary>
    /// Takes a channel over: what was appended before is found, and nothing that another session of the channel, here or on
    /// another node, appends from now on is acknowledged.
    /// </summary>
    /// <param name="channel">The channel's name.</param>
    /// <param name="aboveTerm">The new term is above this one, whatever the log knows.</param>
    /// <exception cref="LogException">The log cannot be reached, or yet another session took over meanwhile.</exception>
    Task<IChannelLogSession> Open(string channel, long aboveTerm = 0);
}

/// <summary>One owner's hold on the log of one channel. Its methods are called from one grain.</summary>
public interface IChannelLogSession
{
    /// <summary>The owner's term: higher than that of every session before.</summary>
    long Term { get; }

    /// <summary>The epoch of the log: another one only after a loss or a deletion.</summary>
    string Epoch { get; }

    /// <summary>The newest offset that was found, 0 where there is none.</summary>
    long Newest { get; }

    /// <summary>The time of the newest message that was found, in ms since 1970; 0 where there is none.</summary>
    long LastTimeMs { get; }

    /// <summary>The highest term given to a source, see <see cref="KeepSource"/>.</summary>
    long SourceTerm { get; }

    /// <summary>What publishers may still ask for: the newest entries that have a key or an origin, oldest first.</summary>
    IReadOnlyList<LoggedPublish> Recent { get; }

    /// <summary>Whether the log holds messages that the owner need not hold in memory. Otherwise <see cref="Read"/> has nothing.</summary>
    bool KeepsMessages { get; }

    /// <summary>The oldest offset that is kept, as far as is known; one above the newest where nothing is.</summary>
    long Oldest { get; }

    /// <summary>
    /// Appends messages that continue those before. When it ends they survive what this log survives, and no other session
    /// had taken the channel over before. Several may be under way; they end in order. When one fails, all that are under way
    /// fail: the next must continue what the last successful one appended.
    /// </summary>
    /// <exception cref="LogException">Nothing was appended, except for <see cref="LogFault.Superseded"/>: then it may have been.</exception>
    ValueTask Append(LogEntry entry);

    /// <summary>Reads batches from the one that holds <paramref name="after"/> + 1, or else the oldest that is kept.</summary>
    /// <param name="after">The offset after which to read.</param>
    /// <param name="maxBytes">About how many bytes to return; at least one batch comes where there is one.</param>
    ValueTask<MessageBatch[]> Read(long after, int maxBytes);

    /// <summary>Whether no other session has taken the channel over. An owner that was frozen looks before it says where the channel stands.</summary>
    ValueTask<bool> Stands();

    /// <summary>Remembers the term that was given to the channel's source.</summary>
    ValueTask KeepSource(long sourceTerm);

    /// <summary>Forgets all messages and keys. The session is over; the next one has another epoch.</summary>
    ValueTask Delete();
}

/// <summary>What is appended at once.</summary>
/// <param name="Batch">The messages.</param>
/// <param name="Origin">The request that brought them, or null.</param>
/// <param name="Keys">The keys of the publishes among them, or null.</param>
public sealed record LogEntry(MessageBatch Batch, PublishOrigin? Origin = null, KeyedPublish[]? Keys = null);

/// <summary>A publish that has a key.</summary>
/// <param name="Key">1 to 255 printable ASCII characters.</param>
/// <param name="Fingerprint">Tells bodies and types apart that came under the same key.</param>
/// <param name="FirstOffset">The offset of its first message.</param>
/// <param name="Count">How many messages it has.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.KeyedPublish")]
public readonly record struct KeyedPublish(
    [property: Id(0)] string Key, [property: Id(1)] UInt128 Fingerprint, [property: Id(2)] long FirstOffset, [property: Id(3)] int Count);

/// <summary>What the log remembers of an entry beside its messages.</summary>
/// <param name="FirstOffset">The offset of its first message.</param>
/// <param name="Count">How many messages it has.</param>
/// <param name="TimeMs">When it was accepted, in ms since 1970.</param>
/// <param name="Origin">The request that brought it, or null.</param>
/// <param name="Keys">The keys of the publishes in it, or null.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.LoggedPublish")]
public sealed record LoggedPublish(
    [property: Id(0)] long FirstOffset,
    [property: Id(1)] int Count,
    [property: Id(2)] long TimeMs,
    [property: Id(3)] PublishOrigin? Origin,
    [property: Id(4)] KeyedPublish[]? Keys);

/// <summary>Why the log did not do what it was asked for.</summary>
public enum LogFault
{
    /// <summary>Another session took the channel over.</summary>
    Superseded,

    /// <summary>There is no room.</summary>
    Full,

    /// <summary>It cannot be read or written.</summary>
    Unavailable,
}

/// <summary>The log did not do what it was asked for.</summary>
public sealed class LogException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="fault">Why.</param>
    /// <param name="message">A sentence for the node's log.</param>
    /// <param name="inner">What was caught, or null.</param>
    public LogException(LogFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>Why.</summary>
    public LogFault Fault { get; }
}
