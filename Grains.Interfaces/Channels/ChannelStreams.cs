
namespace OrleansGateway.Channels;

/// <summary>The names under which a channel's grain and its stream are found.</summary>
public static class ChannelStreams
{
    /// <summary>The stream provider that carries channels.</summary>
    public const string Provider = "channels";

    /// <summary>The grain type of a channel, and the namespace of its stream.</summary>
    public const string GrainType = "channel";

    /// <summary>The stream that carries <paramref name="channel"/>: its items are <see cref="MessageBatch"/>.</summary>
    public static StreamId IdOf(string channel) => StreamId.Create(GrainType, channel);

    /// <summary>The grain that publishes to the stream <paramref name="stream"/>.</summary>
    public static GrainId ProducerOf(StreamId stream) => GrainId.Create(GrainType, stream.GetKeyAsString());
}
