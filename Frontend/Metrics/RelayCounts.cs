using System.Diagnostics.Metrics;
using OrleansGateway.Relays;
using OrleansGateway.Transports;

namespace OrleansGateway.Metrics;

/// <summary>
/// What this node's subscribers are sent, by transport. Each counts for itself, so a delivery costs an increment that nobody else writes to;
/// they are summed up when somebody asks.
/// </summary>
internal sealed class RelayCounts
{
    private readonly Lock _lock = new();
    private readonly Sum[] _gone = new Sum[MessageEncoder.Count];

    /// <summary>Makes the instruments.</summary>
    /// <param name="relays">The relays, as they are now.</param>
    public void Observe(Func<IEnumerable<Relay>> relays)
    {
        var meter = GatewayMeter.Meter;
        meter.CreateObservableUpDownCounter("gateway.relays", () => relays().Count(), "{channel}", "Channels that this node follows for its subscribers, and selections of several.");
        meter.CreateObservableUpDownCounter("gateway.subscribers", () => Measure(relays(), x => x.Subscribers), "{subscriber}", "Subscribers, by transport.");
        meter.CreateObservableCounter("gateway.messages.delivered", () => Measure(relays(), x => x.Messages), "{message}", "Messages that were written to subscribers, by transport.");
        meter.CreateObservableCounter("gateway.delivered", () => Measure(relays(), x => x.Bytes), "By", "Bytes that were written to subscribers, keep-alives included, by transport.");
    }

    /// <summary>Takes over what a subscriber has counted; it is removed under the same lock, so that nobody sees it twice or not at all.</summary>
    public void Retire(Subscriber subscriber, Func<bool> remove)
    {
        lock (_lock)
        {
            if (remove())
            {
                _gone[subscriber.Encoder.Index].Messages += subscriber.Delivered;
                _gone[subscriber.Encoder.Index].Bytes += subscriber.SentBytes;
            }
        }
    }

    private IEnumerable<Measurement<long>> Measure(IEnumerable<Relay> relays, Func<Sum, long> what)
    {
        Sum[] sums;
        lock (_lock)
        {
            sums = [.. _gone];
            foreach (var subscriber in relays.SelectMany(x => x.Snapshot()))
            {
                ref var sum = ref sums[subscriber.Encoder.Index];
                sum.Subscribers += subscriber.IsPoll ? 0 : 1;
                sum.Messages += subscriber.Delivered;
                sum.Bytes += subscriber.SentBytes;
            }
        }

        return MessageEncoder.All.GroupBy(
            x => x.Name,
            (name, forms) => new Measurement<long>(forms.Sum(x => what(sums[x.Index])), new KeyValuePair<string, object?>("transport", name)));
    }

    private record struct Sum(long Subscribers, long Messages, long Bytes);
}
