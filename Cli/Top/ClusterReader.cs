using System.Text;
using System.Text.Json;
using OrleansGateway.Cli.Nodes;

namespace OrleansGateway.Cli.Top;

/// <summary>Asks all nodes of a cluster at once how they are.</summary>
/// <param name="ring">The nodes that are known; it learns of others.</param>
/// <param name="client">Asks them.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterReader(NodeRing ring, NodeClient client, TimeProvider time)
{
    private const int ChannelsAPage = 1000;
    private const int MostPages = 3;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);

    /// <summary>Asks once.</summary>
    public async Task<ClusterReading> ReadAsync(CancellationToken stop)
    {
        var answers = await Task.WhenAll(ring.All.ToList().Select(x => AskAsync(x, stop)));
        var seen = answers.SelectMany(x => x.Cluster).GroupBy(x => x.Http ?? x.Name).ToDictionary(x => x.Key, Newest, StringComparer.Ordinal);
        ring.Learn(seen.Values.Select(x => Uri.TryCreate(x.Http, UriKind.Absolute, out var uri) ? uri : null).OfType<Uri>());

        // What answers at an address that is no member's, such as a proxy's, is one of those that answer at their own.
        var isKnown = answers.Any(x => x.Took is not null && seen.ContainsKey(Key(x.Node)));
        var nodes = answers.Where(x => x.Took is null || !isKnown || seen.ContainsKey(Key(x.Node))).Select(x => Reading(x, seen.GetValueOrDefault(Key(x.Node))))
            .OrderBy(x => x.Name.Length).ThenBy(x => x.Name, StringComparer.Ordinal).ToList();
        var (channels, more) = await ChannelsAsync(answers.Where(x => x.Took is not null).Select(x => x.Node), stop);
        return new ClusterReading(time.GetLocalNow(), nodes, channels, more);
    }

    private static string Key(Uri node) => node.GetLeftPart(UriPartial.Authority);

    // What nodes say of one that died may be older with some of them.
    private static Member Newest(IEnumerable<Member> same) => same.MaxBy(x => x.Since ?? DateTimeOffset.MinValue)! with { Bridge = same.Any(x => x.Bridge) };

    private static NodeReading Reading(Answer answer, Member? member) => new(
        member?.Name ?? answer.Node.Authority, answer.Node, answer.Took, member?.Status, member?.Since, member?.Bridge ?? false, answer.Counters);

    private async Task<Answer> AskAsync(Uri node, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        var metrics = GetAsync(new Uri(node, "/-/metrics"), stop);
        var cluster = await GetAsync(new Uri(node, "/-/cluster"), stop);
        var took = time.GetElapsedTime(began);
        var counters = await metrics is { } text ? NodeCounters.Parse(Encoding.UTF8.GetString(text)) : null;
        return new Answer(node, cluster is null ? null : took, cluster is null ? [] : Members(cluster), counters);
    }

    private async Task<(IReadOnlyList<ChannelReading>? Channels, bool More)> ChannelsAsync(IEnumerable<Uri> nodes, CancellationToken stop)
    {
        foreach (var node in nodes)
        {
            var (channels, next) = (new List<ChannelReading>(), (string?)null);
            for (var page = 0; page < MostPages; page++)
            {
                var after = next is null ? "" : $"&after={Uri.EscapeDataString(next)}";
                if (await GetAsync(new Uri(node, $"/-/channels?limit={ChannelsAPage}{after}"), stop) is not { } body || !TryAdd(body, channels, out next))
                {
                    break;
                }

                if (next is null || page == MostPages - 1)
                {
                    return (channels, next is not null);
                }
            }
        }

        return (null, false);
    }

    private async Task<byte[]?> GetAsync(Uri uri, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(AnswerTime);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            using var response = await client.SendAsync(request, AnswerTime, limit.Token);
            return response.IsSuccessStatusCode ? await response.Content.ReadAsByteArrayAsync(limit.Token) : null;
        }
        catch (Exception exception) when (exception is NodeFailure or IOException or HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private static IReadOnlyList<Member> Members(byte[] json) => TryParse(json, out var root) && root.TryGetProperty("nodes", out var nodes) && nodes.ValueKind == JsonValueKind.Array
        ? [.. nodes.EnumerateArray().Select(x => new Member(
            Text(x, "name") ?? "?",
            Text(x, "http"),
            Text(x, "status"),
            DateTimeOffset.TryParse(Text(x, "since"), out var since) ? since : null,
            x.TryGetProperty("bridge", out var bridge) && bridge.ValueKind == JsonValueKind.True))]
        : [];

    private static bool TryAdd(byte[] json, List<ChannelReading> channels, out string? next)
    {
        next = null;
        if (!TryParse(json, out var root) || !root.TryGetProperty("channels", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        channels.AddRange(list.EnumerateArray().Select(x => new ChannelReading(
            Text(x, "channel") ?? "?", Number(x, "subscribers"), Text(x, "lastId"), Number(x, "messages"), Number(x, "bytes"))));
        next = Text(root, "next");
        return true;
    }

    private static bool TryParse(byte[] json, out JsonElement root)
    {
        try
        {
            root = JsonSerializer.Deserialize<JsonElement>(json);
            return root.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            root = default;
            return false;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;

    private sealed record Member(string Name, string? Http, string? Status, DateTimeOffset? Since, bool Bridge);

    private sealed record Answer(Uri Node, TimeSpan? Took, IReadOnlyList<Member> Cluster, NodeCounters? Counters);
}
