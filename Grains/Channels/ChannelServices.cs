using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansGateway.Logs;
using OrleansGateway.Streams;

namespace OrleansGateway.Channels;

/// <summary>What all channels of a node share: each holds this one, since there may be a million of them.</summary>
internal sealed class ChannelServices(
    IChannelLog log, StreamHost streams, StreamProducer producer, LocalChannels channels, IOptionsMonitor<RetentionOptions> retention, TimeProvider time, ILogger<ChannelGrain> logger)
{
    public IChannelLog Log => log;

    public StreamHost Streams => streams;

    public LocalChannels Channels => channels;

    public StreamProducer Producer => producer;

    /// <summary>What channels keep, as it is now.</summary>
    public Func<RetentionOptions> Retention { get; } = () => retention.CurrentValue;

    public TimeProvider Time => time;

    public ILogger Logger => logger;
}
