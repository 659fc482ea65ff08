using Orleans.Concurrency;

namespace OrleansGateway.Channels;

/// <summary>A channel: the one place in the cluster that orders and numbers its messages. Its key is the channel's name.</summary>
/// <remarks>What it accepts it also publishes to the stream <see cref="ChannelStreams.IdOf"/>.</remarks>
[Alias("OrleansGateway.IChannelGrain")]
public interface IChannelGrain : IGrainWithStringKey
{
    /// <summary>
    /// Publishes messages, which get consecutive offsets. The answer comes once they have their place in the order; it waits
    /// while a node that delivers them is too far behind.
    /// </summary>
    /// <param name="request">The messages.</param>
    [Alias("Publish")]
    Task<PublishResult> Publish(PublishRequest request);

    /// <summary>Where the channel stands.</summary>
    /// <param name="seen">
    /// The newest term and epoch that the caller has seen, or null. An owner that was placed after all clocks went back
    /// lifts its own term above it, so that nobody takes its messages for those of a stale owner.
    /// </param>
    [Alias("GetPosition"), AlwaysInterleave]
    Task<ChannelPosition> GetPosition(ChannelPosition? seen = null);

    /// <summary>Reads what is kept.</summary>
    /// <param name="after">The id after which to read. One of another epoch yields a page without messages.</param>
    /// <param name="maxBytes">About how many bytes to return; at least one batch comes where there is one.</param>
    [Alias("Read"), AlwaysInterleave]
    Task<ChannelPage> Read(MessageId after, int maxBytes);

    /// <summary>
    /// Makes the caller the channel's only source: grants it a term that its publishes carry; those that carry another are
    /// refused from now on. So what a source that was replaced still sends is never published.
    /// </summary>
    /// <param name="term">0 for a new source, which replaces any other; or the term that was granted before the channel
    /// moved, which is granted again unless a later source came first.</param>
    /// <returns>The term, or 0 where a later source has the channel.</returns>
    [Alias("OpenSource"), AlwaysInterleave]
    Task<long> OpenSource(long term);

    /// <summary>
    /// Forgets all messages and keys; the channel goes on with another epoch, which its subscribers learn by an empty batch.
    /// A channel that only the gateway publishes to is left as it is.
    /// </summary>
    [Alias("Delete"), AlwaysInterleave]
    Task<PublishStatus> Delete();
}

/// <summary>Messages to publish together, with nothing between them: all of them or none.</summary>
/// <param name="Messages">At least one.</param>
/// <param name="SourceTerm">A term from <see cref="IChannelGrain.OpenSource"/>, or 0 for any publisher.</param>
/// <param name="Groups">
/// The publishes that the messages belong to, each with an answer of its own, in order and without remainder; null for one publish without a key.
/// </param>
/// <param name="Origin">Makes it safe to send the request again; null where it is sent once.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.PublishRequest")]
public sealed record PublishRequest(
    [property: Id(0)] MessageDraft[] Messages,
    [property: Id(1)] long SourceTerm = 0,
    [property: Id(2)] PublishGroup[]? Groups = null,
    [property: Id(3)] PublishOrigin? Origin = null);

/// <summary>The channel has another owner, which knows what became of the request: it can be sent again as it is.</summary>
[GenerateSerializer, Alias("OrleansGateway.ChannelMovedException")]
public sealed class ChannelMovedException : Exception
{
    /// <summary>Makes one with a text for the log.</summary>
    public ChannelMovedException(string message)
        : base(message)
    {
    }
}

/// <summary>One publish within a request: a message, or a batch.</summary>
/// <param name="Count">How many of the request's messages it has, at least 1.</param>
/// <param name="Key">Its idempotency key, or null. A publish whose key the channel remembers gets the first one's answer.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.PublishGroup")]
public readonly record struct PublishGroup([property: Id(0)] int Count, [property: Id(1)] string? Key = null);

/// <summary>
/// Names a request, so that the channel recognizes it when it comes again because its answer was lost. A sender has at most
/// one request to a channel under way; what is older than the newest that the channel knows of is not taken.
/// </summary>
/// <param name="Sender">A process, new each time it starts.</param>
/// <param name="Sequence">Rises with each request of the sender to the channel; the same for the same request.</param>
/// <param name="Again">Whether it was sent before. A channel that cannot know what became of it then answers with <see cref="ChannelLostException"/>.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.PublishOrigin")]
public sealed record PublishOrigin([property: Id(0)] Guid Sender, [property: Id(1)] long Sequence, [property: Id(2)] bool Again = false);

/// <summary>The channel's log went with the node that held it: what was under way may or may not have been published.</summary>
[GenerateSerializer, Alias("OrleansGateway.ChannelLostException")]
public sealed class ChannelLostException : Exception
{
    /// <summary>Makes one with a text for the log.</summary>
    public ChannelLostException(string message)
        : base(message)
    {
    }
}

/// <summary>What became of a publish.</summary>
public enum PublishStatus
{
    /// <summary>The messages have their places in the channel.</summary>
    Accepted,

    /// <summary>Only the gateway itself publishes to this channel.</summary>
    ReadOnly,

    /// <summary>The source's term does not stand: another replaced it, or the channel moved and does not know it yet.</summary>
    StaleSource,

    /// <summary>Other messages were published with the same key.</summary>
    KeyReused,

    /// <summary>The channel's log has no room. Nothing was published.</summary>
    LogFull,

    /// <summary>The channel's log cannot be written. Nothing was published.</summary>
    LogUnavailable,
}

/// <summary>The answer to a publish.</summary>
/// <param name="Status">Whether it was taken.</param>
/// <param name="Epoch">The epoch of the messages.</param>
/// <param name="FirstOffset">The first message's offset; the others follow without a hole.</param>
/// <param name="TimeMs">When they were accepted, in ms since 1970.</param>
/// <param name="Groups">The answer to each of the request's groups, where it has some; otherwise null.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.PublishResult")]
public readonly record struct PublishResult(
    [property: Id(0)] PublishStatus Status,
    [property: Id(1)] string Epoch,
    [property: Id(2)] long FirstOffset,
    [property: Id(3)] long TimeMs,
    [property: Id(4)] PublishResult[]? Groups = null);

/// <summary>Where a channel stands.</summary>
/// <param name="Term">The term of its owner.</param>
/// <param name="Epoch">The epoch of its log.</param>
/// <param name="Newest">The newest message's offset, 0 where there is none.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.ChannelPosition")]
public sealed record ChannelPosition([property: Id(0)] long Term, [property: Id(1)] string Epoch, [property: Id(2)] long Newest)
{
    /// <summary>The id of the newest message, or the one before the first.</summary>
    public MessageId Id => new(Epoch, Newest);
}

/// <summary>A part of what a channel keeps.</summary>
/// <param name="Position">Where the channel stands.</param>
/// <param name="Oldest">The oldest offset that is kept; one above the newest where nothing is.</param>
/// <param name="Batches">Batches in order, without holes. The first may begin before what was asked for, never after it unless that is no longer kept.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.ChannelPage")]
public sealed record ChannelPage(
    [property: Id(0)] ChannelPosition Position,
    [property: Id(1)] long Oldest,
    [property: Id(2)] MessageBatch[] Batches);
