using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>The list of channels, and what is said of one.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class ChannelsTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private readonly string _channel = SharedNodes.FreshChannel();

    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task Channel_SubscribersOfAllTransportsOnAllNodes_AreCounted()
    {
        var first = await Publish("text/plain", "1"u8.ToArray());
        var readers = new List<Reader>();
        foreach (var transport in new[] { "raw", "sse", "ws", "tail" })
        {
            readers.Add(await Reader.Open(shared.Nodes.Address((readers.Count % 3) + 1), _channel, transport));
        }

        var last = await Publish("text/plain", "2"u8.ToArray());
        await Until.True(async () => (await Info(2)).GetProperty("subscribers").GetInt32() == 4, "all four are counted");
        foreach (var node in new[] { 1, 2, 3 })
        {
            var info = await Info(node);
            Assert.Equal(["channel", "subscribers", "firstId", "lastId", "messages", "bytes"], info.EnumerateObject().Select(x => x.Name));
            Assert.Equal((_channel, first, last), (info.GetProperty("channel").GetString(), info.GetProperty("firstId").GetString(), info.GetProperty("lastId").GetString()));
            Assert.Equal((2, true), (info.GetProperty("messages").GetInt32(), info.GetProperty("bytes").GetInt32() > 2));
            var listing = await Ask(node, $"/-/channels?prefix={_channel}");
            Assert.Equal(info.GetRawText(), Assert.Single(listing.GetProperty("channels").EnumerateArray()).GetRawText());
            Assert.Equal(JsonValueKind.Null, listing.GetProperty("next").ValueKind);
        }

        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }

        await Until.True(async () => (await Info(3)).GetProperty("subscribers").GetInt32() == 0, "nobody is counted any more");
    }

    [Fact]
    public async Task List_AllChannels_ComesPageByPageInOrder()
    {
        var names = Enumerable.Range(0, 25).Select(x => $"{_channel}/{x:d2}").ToList();
        await Task.WhenAll(names.Select((x, i) => shared.Nodes.Publish((i % 3) + 1, x, "x")));
        var (listed, after) = (new List<string>(), string.Empty);
        while (true)
        {
            using var page = JsonDocument.Parse(await shared.Http.GetStringAsync(new Uri(shared.Nodes.Address(2), $"/-/channels?prefix={_channel}/&limit=10&after={after}")));
            listed.AddRange(page.RootElement.GetProperty("channels").EnumerateArray().Select(x => x.GetProperty("channel").GetString()!));
            if (page.RootElement.GetProperty("next").GetString() is not { } next)
            {
                break;
            }

            Assert.Equal(listed[^1], next);
            after = next;
        }

        Assert.Equal(names, listed);
    }

    [Theory]
    [InlineData("image/png", "inline")]
    [InlineData("text/plain; charset=utf-8", "inline")]
    [InlineData("text/html", "attachment")]
    [InlineData("image/svg+xml", "attachment")]
    [InlineData("application/xhtml+xml", "attachment")]
    public async Task Message_ById_IsItsBytesSandboxed(string type, string disposition)
    {
        byte[] body = [.. "<script>alert(1)</script>"u8, 0xff];
        var id = await Publish(type, body);
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using var request = new HttpRequestMessage(method, new Uri(shared.Nodes.Address(3), $"/-/channels/{_channel}?id={id}"));
            using var answer = await shared.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(type, answer.Content.Headers.ContentType?.ToString());
            Assert.Equal(body.Length, answer.Content.Headers.ContentLength);
            Assert.Equal((disposition, id), (answer.Content.Headers.ContentDisposition?.DispositionType, answer.Content.Headers.ContentDisposition?.FileName));
            Assert.Equal("default-src 'none'; sandbox", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal(method == HttpMethod.Get ? body : [], await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("GET", "/-/channels/{0}/nobody", null, 404)]
    [InlineData("HEAD", "/-/channels/{0}/nobody", null, 404)]
    [InlineData("GET", "/-/channels/{0}?id=zzzz-1", null, 404)]
    [InlineData("GET", "/-/channels/{0}/nobody?id=zzzz-1", null, 404)]
    [InlineData("GET", "/-/channels/{0}?id=latest", null, 400)]
    [InlineData("GET", "/-/channels/{0}?id=", null, 400)]
    [InlineData("GET", "/-/channels/a//b", null, 400)]
    [InlineData("GET", "/-/channels/a%2Fb", null, 400)]
    [InlineData("GET", "/-/channels/", null, 400)]
    [InlineData("GET", "/-/channels?limit=0", null, 400)]
    [InlineData("GET", "/-/channels?limit=1001", null, 400)]
    [InlineData("GET", "/-/channels?limit=ten", null, 400)]
    [InlineData("GET", "/-/channels", "text/csv", 406)]
    [InlineData("GET", "/-/channels", "application/json;q=0, */*", 406)]
    [InlineData("GET", "/-/channels/{0}", "text/csv", 406)]
    [InlineData("POST", "/-/channels", null, 405)]
    [InlineData("DELETE", "/-/channels/{0}", null, 405)]
    [InlineData("PUT", "/-/cluster", null, 405)]
    [InlineData("OPTIONS", "/-/channels/{0}", null, 204)]
    [InlineData("GET", "/-/channels", "application/json", 200)]
    [InlineData("HEAD", "/-/channels", null, 200)]
    public async Task Ask_InManyWays_IsAnsweredWithTheStatus(string method, string path, string? accept, int status)
    {
        await Publish("text/plain", "x"u8.ToArray());
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(shared.Nodes.Address(1), string.Format(null, path, _channel)));
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var answer = await shared.Http.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status >= 400 ? "application/problem+json" : status == 200 ? "application/json" : null, answer.Content.Headers.ContentType?.MediaType);
        if (status is 204 or 405)
        {
            Assert.Equal(["GET", "HEAD", "OPTIONS"], answer.Content.Headers.Allow.Order());
        }
    }

    private Task<JsonElement> Info(int node) => Ask(node, $"/-/channels/{_channel}");

    /// <summary>What a node says of channels. Where another did not answer it in time, it is asked again.</summary>
    private async Task<JsonElement> Ask(int node, string target)
    {
        JsonElement answer = default;
        await Until.True(
            async () =>
            {
                using var said = JsonDocument.Parse(await shared.Http.GetStringAsync(new Uri(shared.Nodes.Address(node), target)));
                answer = said.RootElement.Clone();
                return !answer.TryGetProperty("missing", out _);
            },
            () => $"all nodes answer node {node}, which said {answer}");
        return answer;
    }

    private async Task<string> Publish(string type, byte[] body)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        using var answer = await shared.Http.PostAsync(new Uri(shared.Nodes.Address(1), _channel), content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("Message-Id").Single();
    }
}

/// <summary>The list while nodes die.</summary>
public sealed class ChannelsAfterAKillTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("local")]
    [InlineData("memory")]
    public async Task List_NodeIsFrozenAndKilled_TheRestIsSaidAtOnceAndItsSubscribersVanish(string storage)
    {
        await using var numbers = new CountingServer(20);
        await using var nodes = new GatewayNodes(numbers.Address, output) { Storage = storage };
        using var http = new HttpClient();
        await nodes.Start(1, 2);
        await nodes.Whole(15, 1, 2);
        await nodes.Publish(1, "kept/a", "x");
        await using var here = await Reader.Open(nodes.Address(1), "kept/a", "sse");
        await using var there = await Reader.Open(nodes.Address(2), "kept/a", "sse");
        await Until.True(async () => await Ask() is { Subscribers: 2, Missing: null }, "both are counted");

        nodes[2].Freeze();
        var (channel, subscribers, missing) = await Ask();
        Assert.Equal(("kept/a", 1, "node-2"), (channel, subscribers, missing));
        using (var unknown = await Find("nobody"))
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (unknown.StatusCode, unknown.Headers.RetryAfter is not null));
            Assert.Contains("node-2", await unknown.Content.ReadAsStringAsync());
        }

        nodes[2].Kill();
        await Until.True(async () => await Ask() is { Channel: "kept/a", Subscribers: 1, Missing: null }, "the dead node is no longer missed");
        using var absent = await Find("nobody");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);

        Task<HttpResponseMessage> Find(string channel) => http.GetAsync(new Uri(nodes.Address(1), $"/-/channels/{channel}"));

        async Task<(string? Channel, int Subscribers, string? Missing)> Ask()
        {
            using var listing = JsonDocument.Parse(await http.GetStringAsync(new Uri(nodes.Address(1), "/-/channels?prefix=kept/")));
            var missing = listing.RootElement.TryGetProperty("missing", out var names) ? string.Join(',', names.EnumerateArray()) : null;
            return listing.RootElement.GetProperty("channels").EnumerateArray().ToArray() is [var channel]
                ? (channel.GetProperty("channel").GetString(), channel.GetProperty("subscribers").GetInt32(), missing)
                : (null, 0, missing);
        }
    }
}
