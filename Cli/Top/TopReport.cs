using System.Globalization;

namespace OrleansGateway.Cli.Top;

/// <summary>A node as <c>gateway top</c> shows it; rates are a second, and null where nobody knows.</summary>
internal sealed record NodeRow(
    string Name, Uri Address, string State, TimeSpan? Uptime, bool Bridge, double? PublishRate, double? DeliveryRate, long? Subscribers, long? Connections, TimeSpan? AnswerTime);

/// <summary>A channel as it shows it.</summary>
internal sealed record ChannelRow(string Name, double? Rate, long Subscribers, long Messages, long Bytes, string? LastId);

/// <summary>The whole cluster, made of two readings.</summary>
/// <param name="Time">When.</param>
/// <param name="Nodes">The nodes.</param>
/// <param name="Channels">The channels; null when no node says.</param>
/// <param name="MoreChannels">Whether there are more.</param>
/// <param name="PublishRate">Messages that were accepted, a second.</param>
/// <param name="PublishTime">The time within which 99 of 100 publishes were acknowledged; null when there were none.</param>
/// <param name="DeliveryRate">Messages that were written to subscribers, a second.</param>
/// <param name="DeliveryBytes">Bytes that were, a second.</param>
/// <param name="BridgeRate">Lines that bridges published, a second.</param>
/// <param name="Subscribers">Subscribers by their transport.</param>
/// <param name="Takeovers">How often a channel was taken over, since the nodes' starts.</param>
/// <param name="Gaps">How many holes subscribers were told of.</param>
/// <param name="Slow">How many subscribers were let go as slow.</param>
/// <param name="Retries">How many deliveries between nodes were made again.</param>
internal sealed record TopReport(
    DateTimeOffset Time,
    IReadOnlyList<NodeRow> Nodes,
    IReadOnlyList<ChannelRow>? Channels,
    bool MoreChannels,
    double PublishRate,
    TimeSpan? PublishTime,
    double DeliveryRate,
    double DeliveryBytes,
    double BridgeRate,
    IReadOnlyDictionary<string, long> Subscribers,
    long Takeovers,
    long Gaps,
    long Slow,
    long Retries)
{
    private const double Most = 0.99;

    /// <summary>Compares a reading with an earlier one.</summary>
    /// <param name="before">The earlier one.</param>
    /// <param name="now">The later one.</param>
    /// <param name="totals">What was counted on the way there; null where there is no more than these.</param>
    public static TopReport Of(ClusterReading before, ClusterReading now, TopTotals? totals = null)
    {
        var seconds = Math.Max(0.001, (now.Time - before.Time).TotalSeconds);
        var pairs = now.Nodes.Select(x => (Now: x.Counters, Before: before.Nodes.FirstOrDefault(y => y.Address == x.Address)?.Counters)).ToList();
        return new TopReport(
            now.Time,
            [.. now.Nodes.Zip(pairs, (x, pair) => Row(x, pair, now.Time, seconds))],
            ChannelRows(before, now, seconds),
            now.MoreChannels,
            Rates(x => x.Published),
            PublishTimeOf(pairs),
            Rates(x => x.Delivered),
            Rates(x => x.DeliveredBytes),
            Rates(x => x.BridgeLines),
            now.Nodes.SelectMany(x => x.Counters?.Subscribers ?? new Dictionary<string, double>()).Where(x => x.Value > 0)
                .GroupBy(x => x.Key).OrderBy(x => x.Key, StringComparer.Ordinal).ToDictionary(x => x.Key, x => (long)x.Sum(y => y.Value)),
            Sum(x => x.Takeovers),
            Sum(x => x.Gaps),
            Sum(x => x.Slow),
            Sum(x => x.Retries));

        double Rates(Func<NodeCounters, double> count) => pairs.Sum(x => Rate(x, count, seconds) ?? 0);

        long Sum(Func<NodeCounters, double> count) => (long)(totals?.All ?? pairs.Select(x => x.Now).OfType<NodeCounters>()).Sum(count);
    }

    private static NodeRow Row(NodeReading node, (NodeCounters? Now, NodeCounters? Before) counters, DateTimeOffset now, double seconds)
    {
        var state = node.AnswerTime is not null ? node.Status ?? "answers" : node.Status is null or "active" ? "unreachable" : node.Status;
        return new NodeRow(
            node.Name,
            node.Address,
            state,
            node.AnswerTime is not null && node.Since is { } since && now > since ? now - since : null,
            node.Bridge,
            Rate(counters, x => x.Published, seconds),
            Rate(counters, x => x.Delivered, seconds),
            (long?)counters.Now?.Subscribers.Values.Sum(),
            (long?)counters.Now?.Connections,
            node.AnswerTime);
    }

    // A node that was started anew counts from nothing.
    private static double? Rate((NodeCounters? Now, NodeCounters? Before) counters, Func<NodeCounters, double> count, double seconds) =>
        counters is { Now: { } now, Before: { } before } ? (count(now) >= count(before) ? count(now) - count(before) : count(now)) / seconds : null;

    private static List<ChannelRow>? ChannelRows(ClusterReading before, ClusterReading now, double seconds)
    {
        var offsets = (before.Channels ?? []).ToDictionary(x => x.Name, x => Split(x.LastId), StringComparer.Ordinal);
        return now.Channels?.Select(x => new ChannelRow(x.Name, RateOf(x), x.Subscribers, x.Messages, x.Bytes, x.LastId)).ToList();

        double? RateOf(ChannelReading channel)
        {
            if (before.Channels is null || Split(channel.LastId) is not { } last)
            {
                return null;
            }

            return offsets.TryGetValue(channel.Name, out var first) && first is { } known && known.Epoch == last.Epoch
                ? Math.Max(0, last.Offset - known.Offset) / seconds
                : last.Offset / seconds;
        }
    }

    private static (string Epoch, long Offset)? Split(string? id) =>
        id?.LastIndexOf('-') is > 0 and var dash && long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? (id[..dash], offset)
            : null;

    private static TimeSpan? PublishTimeOf(IEnumerable<(NodeCounters? Now, NodeCounters? Before)> pairs)
    {
        var buckets = new SortedDictionary<double, double>();
        foreach (var (now, before) in pairs.Where(x => x.Now is not null))
        {
            var old = before?.PublishTimes.ToDictionary(x => x.Limit, x => x.Count);
            foreach (var (limit, count) in now!.PublishTimes)
            {
                var was = old?.GetValueOrDefault(limit) ?? count;
                buckets[limit] = buckets.GetValueOrDefault(limit) + (count >= was ? count - was : count);
            }
        }

        var all = buckets.Values.LastOrDefault();
        return all <= 0 ? null
            : buckets.First(x => x.Value >= all * Most).Key is var time && double.IsFinite(time) ? TimeSpan.FromSeconds(time)
            : TimeSpan.FromSeconds(buckets.Keys.Where(double.IsFinite).LastOrDefault());
    }
}
