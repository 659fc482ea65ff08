using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Looking.</summary>
public sealed partial class LookingTests : ConformanceTest
{
    [Fact(DisplayName = "GET /-/health/live: 200")]
    public async Task Live_OfANode_Is200() => Assert.Equal(200, (await Http.Get(A, "/-/health/live")).Status);

    [Fact(DisplayName = "GET /-/health/ready: 200, with reasons")]
    public async Task Ready_OfANode_Is200()
    {
        var answer = await Http.Get(A, "/-/health/ready");
        Assert.Equal(200, answer.Status);
        Assert.Equal((true, 0), (answer.Json.GetProperty("ready").GetBoolean(), answer.Json.GetProperty("reasons").GetArrayLength()));
    }

    [Fact(DisplayName = "GET /-/cluster: {\"nodes\":[{\"name\",\"address\",\"http\",\"status\",\"since\",\"bridge\"}]}: all nodes as this one sees them")]
    public async Task Cluster_AtANode_NamesAllNodes()
    {
        foreach (var node in new[] { A, B, C })
        {
            var answer = await Http.Get(node, "/-/cluster");
            Assert.Equal((200, "application/json; charset=utf-8"), (answer.Status, answer["Content-Type"]));
            var nodes = answer.Json.GetProperty("nodes").EnumerateArray().ToArray();
            Assert.All(nodes, x => Assert.Equal(["name", "address", "http", "status", "since", "bridge"], x.EnumerateObject().Select(y => y.Name)));
            Assert.True(nodes.Count(x => x.GetProperty("status").GetString() == "active") >= new[] { A, B, C }.Distinct().Count());
            Assert.Contains(nodes, x => new Uri(x.GetProperty("http").GetString()!).Port == node.Port);
        }
    }

    [Fact(DisplayName = "Errors are application/problem+json (RFC 9457): 404 below /-/")]
    public async Task Nothing_BelowTheSystem_Is404() => Problems.Check(await Http.Get(A, "/-/nothing"), 404, "'/-/nothing'");

    [Fact(DisplayName = "GET /-/channels (active ones, ?prefix=, ?limit= (100), ?after=NAME): {\"channels\":[…],\"next\"}")]
    public async Task Channels_PageByPage_AreAllOfThePrefixInOrder()
    {
        string[] names = [.. Enumerable.Range(0, 101).Select(x => $"{Channel}/{x:d3}"), $"{Channel}/é"];
        await Task.WhenAll(names.Select((x, i) => Http.Publish(new[] { A, B, C }[i % 3], Uri.EscapeDataString(x).Replace("%2F", "/", StringComparison.Ordinal), "x")));
        await Http.Publish(A, $"{Channel}-other", "x");
        Assert.Equal((100, names[99]), await Page(string.Empty, names[..100]));
        Assert.Equal((2, null), await Page($"&after={names[99]}", names[100..]));
        Assert.Equal((40, names[50]), await Page($"&limit=40&after={names[10]}", names[11..51]));
        Assert.Equal((102, null), await Page("&limit=1000", names));
        Assert.Equal((0, null), await Page($"&after={Uri.EscapeDataString(names[^1])}", []));

        async Task<(int Count, string? Next)> Page(string query, string[] expected)
        {
            var answer = await Ask(C, $"/-/channels?prefix={Channel}/{query}");
            Assert.Equal(["channels", "next"], answer.EnumerateObject().Select(x => x.Name));
            var listed = answer.GetProperty("channels").EnumerateArray().Select(x => x.GetProperty("channel").GetString()!).ToArray();
            Assert.Equal(expected, listed);
            return (listed.Length, answer.GetProperty("next").GetString());
        }
    }

    [Theory(DisplayName = "GET /-/channels: what is no limit is 400")]
    [InlineData("limit=0")]
    [InlineData("limit=-1")]
    [InlineData("limit=1001")]
    [InlineData("limit=ten")]
    [InlineData("limit=")]
    public async Task Channels_WithALimitThatIsNone_Are400(string query) => Problems.Check(await Http.Get(A, $"/-/channels?{query}"), 400, "1 to 1000");

    [Fact(DisplayName = "GET /-/channels/{channel}: {\"channel\",\"subscribers\",\"firstId\",\"lastId\",\"messages\",\"bytes\"}, subscribers counted over all nodes")]
    public async Task Channel_WithSubscribersOfAllFormsOnAllNodes_CountsThem()
    {
        var first = await Http.Publish(A, Channel, "1");
        var last = await Http.Publish(B, Channel, "two");
        var subscriptions = await Task.WhenAll(Subscription.Forms.Select((x, i) => Subscription.Open(new[] { A, B, C }[i % 3], Channel, x)));
        foreach (var node in new[] { A, B, C })
        {
            await Until.True(async () => (await Info(node)).GetProperty("subscribers").GetInt32() == subscriptions.Length, "all are counted");
            var info = await Info(node);
            Assert.Equal(["channel", "subscribers", "firstId", "lastId", "messages", "bytes"], info.EnumerateObject().Select(x => x.Name));
            Assert.Equal((Channel, first, last), (info.GetProperty("channel").GetString(), info.GetProperty("firstId").GetString(), info.GetProperty("lastId").GetString()));
            Assert.Equal(2, info.GetProperty("messages").GetInt32());
            Assert.True(info.GetProperty("bytes").GetInt64() >= "1two".Length);
            var listed = Assert.Single((await Ask(node, $"/-/channels?prefix={Channel}")).GetProperty("channels").EnumerateArray());
            Assert.Equal(info.GetRawText(), listed.GetRawText());
        }

        Array.ForEach(subscriptions, x => x.Dispose());
        await Until.True(async () => (await Info(C)).GetProperty("subscribers").GetInt32() == 0, "none is counted any more");

        Task<JsonElement> Info(Uri node) => Ask(node, $"/-/channels/{Channel}");
    }

    [Fact(DisplayName = "GET /-/channels/{channel}: a channel with a subscriber alone is there, and one of several channels is a subscriber of each that it names")]
    public async Task Channel_WithASubscriberAlone_IsThere()
    {
        using var stream = await Subscription.Open(A, $"{Channel}/a,{Channel}/b", "json");
        await stream.NextEvent("open");
        foreach (var name in new[] { "a", "b" })
        {
            var info = await Ask(B, $"/-/channels/{Channel}/{name}");
            Assert.Equal((1, 0, null), (info.GetProperty("subscribers").GetInt32(), info.GetProperty("messages").GetInt32(), info.GetProperty("firstId").GetString()));
            Assert.EndsWith("-0", info.GetProperty("lastId").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact(DisplayName = "404 for a channel that is not there")]
    public async Task Channel_ThatIsNotThere_Is404()
    {
        foreach (var query in new[] { string.Empty, "?id=abcd-1" })
        {
            Problems.Check(await Http.Get(A, $"/-/channels/{Channel}{query}"), 404, Channel);
            Problems.Check(await Http.Send(A, "HEAD", $"/-/channels/{Channel}{query}", null), 404, null);
        }

        var id = await Http.Publish(A, Channel, "x");
        Assert.Equal(200, (await Http.Get(B, $"/-/channels/{Channel}?id={id}")).Status);
        Problems.Check(await Http.Get(B, $"/-/channels/{Channel}?id={id}0"), 404, $"{id}0");
        Problems.Check(await Http.Get(B, $"/-/channels/{Channel}?id=latest"), 400, "latest");
        Assert.Equal(204, (await Http.Send(C, "DELETE", $"/{Channel}", null)).Status);
        Problems.Check(await Http.Get(B, $"/-/channels/{Channel}?id={id}"), 404);
    }

    [Theory(DisplayName = "?id= gives one message's bytes, sandboxed")]
    [InlineData("text/html", "attachment")]
    [InlineData("image/svg+xml", "attachment")]
    [InlineData("application/xhtml+xml", "attachment")]
    [InlineData("application/pdf", "attachment")]
    [InlineData("text/plain; charset=utf-8", "inline")]
    [InlineData("application/json", "inline")]
    [InlineData("image/png", "inline")]
    public async Task Message_ById_IsItsBytesSandboxed(string type, string disposition)
    {
        byte[] body = [.. "<script>alert(1)</script>"u8, 0, 0xff];
        await Http.Publish(A, Channel, "before");
        var id = await Http.Publish(A, Channel, body, $"Content-Type: {type}");
        await Http.Publish(A, Channel, "after");
        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = await Http.Send(B, method, $"/-/channels/{Channel}?id={id}", null);
            Assert.Equal((200, type, $"{body.Length}"), (answer.Status, answer["Content-Type"], answer["Content-Length"]));
            Assert.Equal(("default-src 'none'; sandbox", "nosniff"), (answer["Content-Security-Policy"], answer["X-Content-Type-Options"]));
            Assert.StartsWith($"{disposition};", answer["Content-Disposition"], StringComparison.Ordinal);
            Assert.Equal(method == "GET" ? body : [], answer.Body);
        }
    }

    [Fact(DisplayName = "GET /-/metrics (Prometheus)")]
    public async Task Metrics_OfANode_AreTextForPrometheus()
    {
        await Http.Publish(A, Channel, "x");
        var answer = await Http.Get(A, "/-/metrics");
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("text/plain; version=0.0.4", answer["Content-Type"], StringComparison.Ordinal);
        var lines = answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, x => Assert.Matches(PrometheusLine(), x));
        Assert.Contains(lines, x => x.StartsWith("gateway_messages_published_total", StringComparison.Ordinal));
    }

    [Fact(DisplayName = "GET /-/openapi.json")]
    public async Task OpenApi_OfANode_DescribesTheContract()
    {
        var answer = await Http.Get(A, "/-/openapi.json");
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("3.1", answer.Json.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var paths = answer.Json.GetProperty("paths").EnumerateObject().ToDictionary(x => x.Name, x => x.Value);
        string[] looking = ["/-/health/live", "/-/health/ready", "/-/metrics", "/-/openapi.json", "/-/cluster", "/-/channels", "/-/channels/{channel}"];
        Assert.All(looking, x => Assert.True(paths[x].TryGetProperty("get", out _), x));
        Assert.All(new[] { "get", "head", "post", "put", "delete", "options" }, x => Assert.True(paths["/{channel}"].TryGetProperty(x, out _), x));
    }

    /// <summary>What a node says of channels. Where another did not answer it in time, which it says, it is asked again.</summary>
    private static async Task<JsonElement> Ask(Uri node, string target)
    {
        JsonElement said = default;
        await Until.True(
            async () =>
            {
                var answer = await Http.Get(node, target);
                Assert.Equal((200, "application/json"), (answer.Status, answer["Content-Type"]));
                said = answer.Json;
                return !said.TryGetProperty("missing", out _);
            },
            () => $"all nodes answer; {target} said {said}");
        return said;
    }

    // A comment, or a name, labels, a value and perhaps a time.
    [GeneratedRegex("""^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\])*",?)*\})? (NaN|[+-]Inf|[-+0-9.eE]+)( [0-9]+)?)$""")]
    private static partial Regex PrometheusLine();
}
