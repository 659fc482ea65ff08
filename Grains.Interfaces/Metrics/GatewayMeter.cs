using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansGateway.Metrics;

/// <summary>What a node counts and measures (docs/metrics.md). A count is a number in memory that is read when somebody asks for it.</summary>
internal static class GatewayMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "OrleansGateway";

    // From half a millisecond to the five seconds after which a publish is given up.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    };

    public static Meter Meter { get; } = new(Name);

    /// <summary>Publishes by what became of them: <c>accepted</c>, or the last part of the problem's type.</summary>
    public static CountByTag Publishes { get; } = new("gateway.publishes", "{publish}", "Publishes, over all transports, by what became of them.", "result", "accepted");

    public static Count MessagesPublished { get; } = new("gateway.messages.published", "{message}", "Messages that were accepted by way of this node.");

    public static Count BytesPublished { get; } = new("gateway.published", "By", "Bytes of the messages that were accepted by way of this node.");

    public static Histogram<double> PublishDuration { get; } = Meter.CreateHistogram(
        "gateway.publish.duration", "s", "How long a publish waited for its acknowledgement.", advice: Seconds);

    /// <summary>Resumed subscriptions, by where they found what they had missed.</summary>
    public static CountByTag Resumes { get; } = new("gateway.resumes", "{subscription}", "Subscriptions that began before what is new, by where their first message was.", "source", "ring", "log");

    public static Count Gaps { get; } = new("gateway.gaps", "{gap}", "Holes that subscribers had to be told of.");

    public static Count SlowSubscribers { get; } = new("gateway.slow_subscribers", "{subscriber}", "Subscribers that were let go because they took nothing, or needed what is no longer kept.");

    public static Count Takeovers { get; } = new("gateway.channel.takeovers", "{takeover}", "Times that this node took a channel's log over.");

    public static Count LogAppends { get; } = new("gateway.log.appends", "{append}", "Batches of messages that were appended to the log's file.");

    public static Histogram<double> LogCommitDuration { get; } = Meter.CreateHistogram(
        "gateway.log.commit.duration", "s", "How long a commit to the log's file took; one commit has the appends of many channels.", advice: Seconds);

    public static Count StreamDeliveries { get; } = new("gateway.stream.deliveries", "{call}", "Calls that took messages from this node's channels to a node that listens.");

    public static Count StreamRetries { get; } = new("gateway.stream.retries", "{call}", "Such calls that failed or got no answer, and were made again.");

    public static CountByTag BridgeLines { get; } = new("gateway.bridge.lines.published", "{line}", "Lines that a bridge on this node published.", "bridge");

    public static CountByTag BridgeLinesSkipped { get; } = new("gateway.bridge.lines.skipped", "{line}", "Lines that a bridge on this node skipped: too long, or none of its kind.", "bridge");
}

/// <summary>A number that only grows.</summary>
internal sealed class Count
{
    private long _value;

    public Count(string name, string unit, string description) =>
        GatewayMeter.Meter.CreateObservableCounter(name, () => Volatile.Read(ref _value), unit, description);

    public void Add(long count = 1) => Interlocked.Add(ref _value, count);
}

/// <summary>Numbers that only grow, one for each value of a tag. There are few values, and none is of a client's choice.</summary>
internal sealed class CountByTag
{
    private readonly ConcurrentDictionary<string, StrongBox> _values = new(StringComparer.Ordinal);

    public CountByTag(string name, string unit, string description, string tag, params ReadOnlySpan<string> known)
    {
        foreach (var value in known)
        {
            Add(value, 0);
        }

        GatewayMeter.Meter.CreateObservableCounter(
            name, () => _values.Select(x => new Measurement<long>(Volatile.Read(ref x.Value.Value), new KeyValuePair<string, object?>(tag, x.Key))), unit, description);
    }

    public void Add(string tag, long count = 1) => Interlocked.Add(ref _values.GetOrAdd(tag, static _ => new StrongBox()).Value, count);

    private sealed class StrongBox
    {
        public long Value;
    }
}
