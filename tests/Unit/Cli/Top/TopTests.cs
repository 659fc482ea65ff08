using System.Text;
using System.Text.Json;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Cli.Top;

namespace OrleansGateway.Tests.Unit.Cli.Top;

public sealed class TopTests
{
    private const string Metrics = """
        # TYPE gateway_messages_published counter
        gateway_messages_published_total{otel_scope_name="OrleansGateway"} 100
        gateway_messages_delivered_total{otel_scope_name="OrleansGateway",transport="raw"} 300
        gateway_messages_delivered_total{otel_scope_name="OrleansGateway",transport="sse"} 20
        gateway_subscribers{otel_scope_name="OrleansGateway",transport="raw"} 3
        gateway_subscribers{otel_scope_name="OrleansGateway",transport="sse"} 0
        gateway_publish_duration_seconds_bucket{otel_scope_name="OrleansGateway",le="0.001"} 98
        gateway_publish_duration_seconds_bucket{otel_scope_name="OrleansGateway",le="0.01"} 100
        gateway_publish_duration_seconds_bucket{otel_scope_name="OrleansGateway",le="+Inf"} 100
        gateway_channel_takeovers_total 7 1520879607.789
        dotnet_gc_collections_total{generation="gen0"} 5
        nonsense
        """;

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 10, TimeSpan.Zero);

    [Fact]
    public void Parse_OfMetrics_SumsWhatTopShows()
    {
        var counters = NodeCounters.Parse(Metrics);

        Assert.Equal((100d, 320d, 7d), (counters.Published, counters.Delivered, counters.Takeovers));
        Assert.Equal([new("raw", 3), new("sse", 0)], counters.Subscribers);
        Assert.Equal([(0.001, 98), (0.01, 100), (double.PositiveInfinity, 100)], counters.PublishTimes);
    }

    [Fact]
    public void Of_TwoReadings_HasRatesASecond()
    {
        var report = TopReport.Of(Reading(0, ("node-1", Metrics), ("node-2", "")), Reading(5, ("node-1", More(Metrics)), ("node-2", null)));

        Assert.Equal((10, 60, TimeSpan.FromMilliseconds(10)), (report.PublishRate, report.DeliveryRate, report.PublishTime));
        Assert.Equal(new Dictionary<string, long> { ["raw"] = 3 }, report.Subscribers);
        Assert.Equal(["active", "unreachable"], report.Nodes.Select(x => x.State));
        Assert.Equal([10, null], report.Nodes.Select(x => x.PublishRate));
    }

    [Fact]
    public void Of_ANodeThatWasStartedAnew_CountsFromNothing() =>
        Assert.Equal(20, TopReport.Of(Reading(0, ("node-1", More(Metrics))), Reading(5, ("node-1", Metrics))).PublishRate);

    [Fact]
    public void Take_NodesThatDieAndStartAnew_CountsNothingLess()
    {
        var totals = new TopTotals();
        List<long> takeovers = [];
        foreach (var (first, second) in new[] { ("7", "1"), ("8", null), ("9", null), ("0", "2"), ("1", "2") })
        {
            var reading = Reading(takeovers.Count, ("node-1", $"gateway_channel_takeovers_total {first}"), ("node-2", second is null ? null : $"gateway_channel_takeovers_total {second}"));
            totals.Take(reading);
            takeovers.Add(TopReport.Of(reading, reading, totals).Takeovers);
        }

        Assert.Equal([8, 9, 10, 11, 12], takeovers);
    }

    [Theory]
    [InlineData(100, "q quit  / filter  ? keys  p pause  sort: rate subs messages bytes name  arrows scroll")]
    [InlineData(80, "q quit  / filter  ? keys  p pause  sort: rate subs messages bytes name")]
    [InlineData(65, "q quit  / filter  ? keys  p pause  sort: r s m b n  arrows scroll")]
    [InlineData(20, "q quit  / filter")]
    [InlineData(1, "")]
    public void Draw_OnAScreen_FillsItAndSaysWhichKeysThereAre(int width, string expected)
    {
        var report = TopReport.Of(Reading(0, ("node-1", Metrics)), Reading(5, ("node-1", More(Metrics))));
        var screen = TopLayout.Draw(report, new TopState(), width, 15);

        Assert.Equal(15, screen.Lines.Count);
        Assert.All(screen.Lines, x => Assert.InRange(x.Width, 0, width));
        Assert.Equal(expected, screen.Lines[^1].ToString());
    }

    [Theory]
    [InlineData(80, 24)]
    [InlineData(20, 5)]
    public void Draw_WhenAskedForTheKeys_ExplainsThemUntilAnyKey(int width, int height)
    {
        var report = TopReport.Of(Reading(0, ("node-1", Metrics)), Reading(5, ("node-1", More(Metrics))));
        var screen = TopLayout.Draw(report, After("?"), width, height);

        Assert.Equal(height, screen.Lines.Count);
        Assert.All(screen.Lines, x => Assert.InRange(x.Width, 0, width));
        Assert.Equal("any key goes back", screen.Lines[^1].ToString());
        if (height == 24)
        {
            // Each whole, and each key that does something.
            Assert.DoesNotContain(screen.Lines, x => x.ToString().Contains('\u2026', StringComparison.Ordinal));
            Assert.All("qrsmbnph/?", key => Assert.Contains(screen.Lines, x => x.ToString().Length > 20 && x.ToString()[..20].Split(' ', ',').Contains($"{key}")));
        }

        Assert.Equal(new TopState(), After("??"));
        Assert.Equal(new TopState(), After("hq"));
        Assert.Equal(new TopState(), After("?\e[B"));
        Assert.Equal("?", After("/?").Filter);
    }

    [Theory]
    [InlineData("e-10", "e-35", 5d)]
    [InlineData("e-10", "f-5", 1d)]
    [InlineData(null, "f-5", 1d)]
    [InlineData("e-10", null, null)]
    public void Of_AChannel_HasTheRateOfItsIds(string? before, string? now, double? expected)
    {
        var first = Reading(0) with { Channels = before is null ? [] : [new("a", 0, before, 0, 0)] };
        var second = Reading(5) with { Channels = [new("a", 0, now, 0, 0)] };

        Assert.Equal(expected, TopReport.Of(first, second).Channels!.Single().Rate);
    }

    [Theory]
    [InlineData("", "busy,full,many,quiet")]
    [InlineData("s", "many,busy,full,quiet")]
    [InlineData("m", "full,busy,many,quiet")]
    [InlineData("b", "full,busy,many,quiet")]
    [InlineData("n", "busy,full,many,quiet")]
    [InlineData("/U", "busy,full,quiet")]
    [InlineData("/uz\u007fi\r", "quiet")]
    [InlineData("/u\e", "busy,full,many,quiet")]
    public void Choose_AfterKeys_SortsAndFilters(string keys, string expected)
    {
        ChannelRow[] channels = [new("quiet", 0, 0, 1, 1, null), new("full", 0, 0, 9, 9, null), new("busy", 5, 1, 2, 2, null), new("many", null, 8, 1, 1, null)];

        Assert.Equal(expected, string.Join(',', After(keys).Choose(channels).Select(x => x.Name)));
    }

    [Fact]
    public void After_Keys_ScrollsPausesAndEnds()
    {
        Assert.Equal([1, 0, 10, 25, 0], new[] { "\e[B", "\e[A", "\e[6~", "\e[F", "\e[F\e[H" }.Select(x => After(x).Scroll));
        Assert.True(After("p").IsPaused);
        Assert.False(After("pp").IsPaused);
        Assert.True(After("q").IsOver);
        Assert.False(After("/q").IsOver);
        Assert.Equal("q", After("/q").Filter);
    }

    [Theory]
    [InlineData(0d, "0")]
    [InlineData(0.31, "0.3")]
    [InlineData(99.9, "99.9")]
    [InlineData(1234.4, "1,234")]
    [InlineData(123456d, "123.5k")]
    [InlineData(null, "-")]
    public void Rate_InFewColumns(double? rate, string expected) => Assert.Equal(expected, TopNumbers.Rate(rate));

    [Fact]
    public void Write_Json_IsJson()
    {
        using var json = JsonDocument.Parse(TopJson.Write(TopReport.Of(Reading(0, ("node-1", Metrics)), Reading(5, ("node-1", More(Metrics))))));

        Assert.Equal(10, json.RootElement.GetProperty("publishRate").GetDouble());
        Assert.Equal("node-1", json.RootElement.GetProperty("nodes")[0].GetProperty("name").GetString());
    }

    private static TopState After(string keys) => Key.Parse(Encoding.UTF8.GetBytes(keys)).Aggregate(new TopState(), (state, key) => state.After(key, 10, 25));

    private static string More(string metrics) => metrics.Replace("} 100\n", "} 150\n", StringComparison.Ordinal).Replace("} 300\n", "} 600\n", StringComparison.Ordinal);

    private static ClusterReading Reading(double seconds, params (string Name, string? Metrics)[] nodes) => new(
        Now.AddSeconds(seconds),
        [.. nodes.Select((x, i) => new NodeReading(
            x.Name, new Uri($"http://127.0.0.1:{i + 1}"), x.Metrics is null ? null : TimeSpan.FromMilliseconds(1), "active", Now, i == 0, x.Metrics is null ? null : NodeCounters.Parse(x.Metrics)))],
        [],
        false);
}
