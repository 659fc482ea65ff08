using System.Globalization;
using System.Text.RegularExpressions;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>What the nodes count, and that it is what docs/metrics.md says.</summary>
[Collection(UnhurtNodes.Name)]
public sealed partial class MetricsTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private readonly string _channel = SharedNodes.FreshChannel();

    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task Metrics_AllNodes_AreThoseOfTheDocument()
    {
        await shared.Nodes.Owner(1, 2, 3);
        await shared.Nodes.Publish(1, _channel, "x");
        var served = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var node in new[] { 1, 2, 3 })
        {
            served.UnionWith(Types().Matches(await Read(node)).Select(x => $"{x.Groups[1]} {x.Groups[2]}"));
        }

        var document = await File.ReadAllTextAsync(Path.Combine(NodeProcess.Root, "docs/metrics.md"));
        Assert.Equal(Rows().Matches(document).Select(x => $"{x.Groups[1]} {x.Groups[2]}").Order(StringComparer.Ordinal), served);
    }

    [Fact]
    public async Task Metrics_PublishesAndSubscribers_AreCounted()
    {
        // Those of other tests may be just going.
        await Until.True(async () => Value(await Read(1), "gateway_subscribers", "transport=\"sse\"") == 0, "nobody is there");
        var before = await Read(1);
        await using (var reader = await Reader.Open(shared.Nodes.Address(1), _channel, "sse"))
        {
            await Until.True(async () => Value(await Read(1), "gateway_subscribers", "transport=\"sse\"") == Value(before, "gateway_subscribers", "transport=\"sse\"") + 1, "the subscriber is counted");
            for (var i = 0; i < 3; i++)
            {
                await shared.Nodes.Publish(1, _channel, "four");
            }

            using var encoded = new StringContent("x") { Headers = { ContentEncoding = { "gzip" } } };
            using var refused = await shared.Http.PostAsync(new Uri(shared.Nodes.Address(1), _channel), encoded);
            await Until.True(() => reader.Count == 3, "all come");
        }

        // What one who is gone was sent is still counted.
        await Until.True(async () => Value(await Read(1), "gateway_subscribers", "transport=\"sse\"") == Value(before, "gateway_subscribers", "transport=\"sse\""), "the subscriber is gone");
        var after = await Read(1);
        Assert.Equal(3, Grown("gateway_messages_published_total"));
        Assert.Equal(12, Grown("gateway_published_bytes_total"));
        Assert.Equal(3, Grown("gateway_publishes_total", "result=\"accepted\""));
        Assert.Equal(1, Grown("gateway_publishes_total", "result=\"content-encoding\""));
        Assert.Equal(3, Grown("gateway_publish_duration_seconds_count"));
        Assert.Equal(3, Grown("gateway_messages_delivered_total", "transport=\"sse\""));
        Assert.InRange(Grown("gateway_delivered_bytes_total", "transport=\"sse\""), 3 * "data: four\n\n".Length, 1000);
        Assert.Equal(0, Grown("gateway_gaps_total"));

        double Grown(string name, string? label = null) => Value(after, name, label) - Value(before, name, label);
    }

    [Theory]
    [InlineData(null, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    public async Task Metrics_Format_IsAsAskedFor(string? accept, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shared.Nodes.Address(2), "/-/metrics"));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await shared.Http.SendAsync(request);
        Assert.StartsWith(type, answer.Content.Headers.ContentType?.ToString(), StringComparison.Ordinal);
        Assert.Contains("gateway_relays", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<string> Read(int node) => shared.Http.GetStringAsync(new Uri(shared.Nodes.Address(node), "/-/metrics"));

    // What was never counted is not there yet.
    private static double Value(string metrics, string name, string? label)
    {
        var lines = metrics.Split('\n').Where(x => x.StartsWith(name + "{", StringComparison.Ordinal) && (label is null || x.Contains(label, StringComparison.Ordinal))).ToList();
        return lines.Count == 0 ? 0 : double.Parse(Assert.Single(lines).Split(' ')[^1], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^# TYPE (gateway_\w+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Types();

    [GeneratedRegex(@"^\| `(gateway_\w+)` \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
