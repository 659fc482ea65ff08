using System.Globalization;

namespace OrleansGateway.Cli.Top;

/// <summary>What <c>GET /-/metrics</c> of a node counts, as far as <c>gateway top</c> shows it.</summary>
internal sealed class NodeCounters
{
    private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, double> _subscribers = new(StringComparer.Ordinal);
    private readonly List<(double Limit, double Count)> _publishTimes = [];

    public double Published => Sum("gateway_messages_published_total");

    public double PublishedBytes => Sum("gateway_published_bytes_total");

    public double Delivered => Sum("gateway_messages_delivered_total");

    public double DeliveredBytes => Sum("gateway_delivered_bytes_total");

    public double Connections => Sum("gateway_connections");

    public double Takeovers => Sum("gateway_channel_takeovers_total");

    public double Gaps => Sum("gateway_gaps_total");

    public double Slow => Sum("gateway_slow_subscribers_total");

    public double Retries => Sum("gateway_stream_retries_total");

    /// <summary>How many bridges this node has connected.</summary>
    public double Bridges => Sum("gateway_bridge_connections");

    public double BridgeLines => Sum("gateway_bridge_lines_published_total");

    /// <summary>The subscribers by their transport.</summary>
    public IReadOnlyDictionary<string, double> Subscribers => _subscribers;

    /// <summary>How many publishes took no longer than so many seconds, by that time.</summary>
    public IReadOnlyList<(double Limit, double Count)> PublishTimes => _publishTimes;

    /// <summary>Reads Prometheus' text; of lines that are something else, nothing.</summary>
    public static NodeCounters Parse(string text)
    {
        var counters = new NodeCounters();
        foreach (var range in text.AsSpan().Split('\n'))
        {
            counters.Take(text.AsSpan()[range]);
        }

        return counters;
    }

    private void Take(ReadOnlySpan<char> line)
    {
        var nameEnd = line.IndexOfAny('{', ' ');
        var valueStart = line.LastIndexOf('}') is >= 0 and var close ? close + 1 : nameEnd;
        if (nameEnd <= 0 || !line.StartsWith("gateway_", StringComparison.Ordinal) || valueStart < 0
            || !double.TryParse(FirstWord(line[valueStart..]), CultureInfo.InvariantCulture, out var value))
        {
            return;
        }

        var name = line[..nameEnd].ToString();
        var labels = line[nameEnd..valueStart];
        if (name == "gateway_subscribers")
        {
            var transport = Label(labels, "transport");
            _subscribers[transport] = _subscribers.GetValueOrDefault(transport) + value;
        }
        else if (name == "gateway_publish_duration_seconds_bucket")
        {
            var limit = Label(labels, "le");
            _publishTimes.Add((limit == "+Inf" ? double.PositiveInfinity : double.Parse(limit, CultureInfo.InvariantCulture), value));
        }
        else
        {
            _sums[name] = Sum(name) + value;
        }
    }

    private double Sum(string name) => _sums.GetValueOrDefault(name);

    // With OpenMetrics a time may follow.
    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        return text.IndexOf(' ') is > 0 and var end ? text[..end] : text;
    }

    private static string Label(ReadOnlySpan<char> labels, string name)
    {
        var start = labels.IndexOf($"{name}=\"", StringComparison.Ordinal);
        if (start < 0)
        {
            return string.Empty;
        }

        var value = labels[(start + name.Length + 2)..];
        return value.IndexOf('"') is >= 0 and var end ? value[..end].ToString() : string.Empty;
    }
}
