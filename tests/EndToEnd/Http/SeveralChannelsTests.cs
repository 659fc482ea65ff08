using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>Several channels and prefixes in one subscription, at one node, published at others.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class SeveralChannelsTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private readonly string _root = SharedNodes.FreshChannel();

    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task Json_NamesAndAPrefix_BringsEachMessageWithItsChannelFromItsFirst()
    {
        using var stream = await Open(2, $"{_root}/a,{_root}/b,{_root}/s/*?as=json");
        Assert.Equal(("open", $"{_root}/a,{_root}/b,{_root}/s/*"), (Event(await stream.Next()), stream.Last.GetProperty("channel").GetString()));
        string[] channels = ["a", "s/born/later", "b", "s/x", "s", "a", "s/born/later"];
        foreach (var (channel, i) in channels.Select((x, i) => (x, i)))
        {
            await shared.Nodes.Publish((i % 3) + 1, $"{_root}/{channel}", $"{i}");
        }

        // Below the prefix is not the prefix itself. Between channels there is no order.
        var got = await Take(stream, 6);
        Assert.Equal(["a 0", "a 5"], got.Where(x => x.StartsWith("a ", StringComparison.Ordinal)));
        Assert.Equal(["s/born/later 1", "s/born/later 6"], got.Where(x => x.StartsWith("s/born", StringComparison.Ordinal)));
        Assert.Equal(["b 2", "s/x 3"], got.Where(x => x is ['b', ..] or ['s', '/', 'x', ..]).Order());
    }

    [Theory]
    [InlineData("json")]
    [InlineData("sse")]
    public async Task Cursor_AtAnotherNode_GoesOnAfterItWithWhatIsNewBelowThePrefix(string form)
    {
        var path = $"{_root}/a,{_root}/s/*?as={form}";
        string cursor;
        using (var stream = await Open(1, path))
        {
            await shared.Nodes.Publish(1, $"{_root}/a", "1");
            await shared.Nodes.Publish(2, $"{_root}/s/x", "2");
            Assert.Equal(["a 1", "s/x 2"], (await Take(stream, 2)).Order());
            cursor = stream.Id!;
        }

        await shared.Nodes.Publish(3, $"{_root}/a", "3");
        await shared.Nodes.Publish(3, $"{_root}/s/x", "4");
        await shared.Nodes.Publish(2, $"{_root}/s/new", "5");
        using (var stream = await Open(3, path, cursor))
        {
            Assert.Equal(["a 3", "s/new 5", "s/x 4"], (await Take(stream, 3)).Order());
            await shared.Nodes.Publish(1, $"{_root}/s/new", "6");
            Assert.Equal(["s/new 6"], await Take(stream, 1));
        }
    }

    [Fact]
    public async Task Cursor_AfterEachOfManyMessages_GoesOnExactlyThere()
    {
        const int Count = 60;
        for (var i = 0; i < Count; i++)
        {
            // Batches too: a client can be cut off within one.
            await Batch(i % 3 + 1, $"{_root}/s/{i % 4}", [.. Enumerable.Range(0, i % 5 + 1).Select(x => $"\"{i}.{x}\"")]);
        }

        using var whole = await Open(1, $"{_root}/s/*?as=json&since=all");
        await whole.Next();
        var total = Enumerable.Range(0, Count).Sum(i => i % 5 + 1);
        var all = new List<(string Message, string Cursor)>();
        while (all.Count < total)
        {
            var message = await whole.Next();
            all.Add(($"{message.GetProperty("channel")} {message.GetProperty("data")}", whole.Id!));
        }

        Assert.Equal(total, all.Select(x => x.Message).Distinct().Count());
        foreach (var at in new[] { 0, 1, 2, 17, 18, 19, 20, 91, total - 2 })
        {
            using var rest = await Open(at % 3 + 1, $"{_root}/s/*?as=json", all[at].Cursor);
            Assert.Equal(all[at].Cursor, (await rest.Next()).GetProperty("id").GetString());
            var got = new List<string>();
            while (got.Count < total - at - 1)
            {
                var message = await rest.Next();
                Assert.Equal("message", Event(message));
                got.Add($"{message.GetProperty("channel")} {message.GetProperty("data")}");
            }

            Assert.Equal(all[(at + 1)..].Select(x => x.Message).Order(), got.Order());
            Assert.All(got.GroupBy(x => x.Split(' ')[0]), x => Assert.Equal(all[(at + 1)..].Select(y => y.Message).Where(y => y.StartsWith(x.Key + " ", StringComparison.Ordinal)), x));
        }
    }

    [Fact]
    public async Task Since_AllLatestNoneAndTimes_AreForEachChannel()
    {
        await shared.Nodes.Publish(1, $"{_root}/a", "1");
        await shared.Nodes.Publish(2, $"{_root}/s/x", "2");
        await shared.Nodes.Publish(3, $"{_root}/s/x", "3");
        await shared.Nodes.Publish(3, $"{_root}/a", "4");
        var path = $"{_root}/a,{_root}/s/*?as=json&since=";
        Assert.Equal(["a 1", "a 4", "s/x 2", "s/x 3"], await Begin(path + "all", 4));
        Assert.Equal(["a 4", "s/x 3"], await Begin(path + "latest", 2));
        Assert.Equal(["a 1", "a 4", "s/x 2", "s/x 3"], await Begin(path + "10m", 4));
        Assert.Equal([], await Begin(path + "none", 0));
        Assert.Equal([], await Begin(path + DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeSeconds(), 0));

        async Task<IEnumerable<string>> Begin(string query, int count)
        {
            using var stream = await Open(2, query);
            await stream.Next();
            var got = await Take(stream, count);

            // After that only what is new.
            await shared.Nodes.Publish(1, $"{_root}/s/end", "end");
            Assert.Equal(["s/end end"], await Take(stream, 1));
            await Delete($"{_root}/s/end");
            return got.Order();
        }
    }

    [Fact]
    public async Task Poll_Several_AnswersWhatThereIsAndTheCursorForTheNext()
    {
        await shared.Nodes.Publish(1, $"{_root}/a", "1");
        await shared.Nodes.Publish(2, $"{_root}/s/x", "2");
        var path = $"{_root}/a,{_root}/s/*?poll=1";
        var (status, messages, next) = await Poll(3, path);
        Assert.Equal((200, "a 1;s/x 2"), (status, messages));

        // Nothing more, though the cursor may go on by what others published.
        (status, messages, next) = await Poll(1, $"{path}&since={next}");
        Assert.Equal((200, string.Empty), (status, messages));
        var waiting = Poll(2, $"{path}&since={next}&wait=20s");
        await shared.Nodes.Publish(1, $"{_root}/s/new", "3");
        Assert.Equal((200, "s/new 3"), ((await waiting).Status, (await waiting).Messages));
        (status, messages, _) = await Poll(1, $"{path}&since={(await waiting).Next}&wait=1s");
        Assert.Equal((204, string.Empty), (status, messages));
    }

    [Fact]
    public async Task GatewayJson_Several_PublishesToTheChannelThatIsNamed()
    {
        using var socket = await JsonClient.Connect(shared.Nodes.Address(1), $"{_root}/a,{_root}/s/*");
        Assert.Equal("open", Event(await JsonClient.Receive(socket)));
        await Send($$"""{"publish":"x","channel":"{{_root}}/s/y","ref":1}""");
        await Send("""{"publish":"x","ref":2}""");
        await Send($$"""{"publish":"x","channel":"{{_root}}/other","ref":3}""");
        await Send($$"""{"publish":"x","channel":"{{_root}}/a/","ref":4}""");
        var events = new List<JsonElement>();
        while (events.Count < 5)
        {
            events.Add(await JsonClient.Receive(socket));
        }

        Assert.Equal($"{_root}/s/y", events.Single(x => Event(x) == "message").GetProperty("channel").GetString());
        Assert.Equal(1, events.Single(x => Event(x) == "ack").GetProperty("ref").GetInt32());
        var errors = events.Where(x => Event(x) == "error").ToList();
        Assert.Equal([2, 3, 4], errors.Select(x => x.GetProperty("ref").GetInt32()));
        Assert.Contains("missing", errors[0].GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("none of", errors[1].GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("empty segment", errors[2].GetProperty("detail").GetString(), StringComparison.Ordinal);

        Task Send(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);
    }

    [Fact]
    public async Task Gap_AChannelOfTheCursorWasDeleted_IsToldWithTheChannel()
    {
        // The epoch of a channel that is named changes when it is deleted.
        await shared.Nodes.Publish(1, $"{_root}/a", "1");
        await shared.Nodes.Publish(1, $"{_root}/b", "1");
        string cursor;
        using (var stream = await Open(1, $"{_root}/a,{_root}/b?as=json&since=all"))
        {
            await stream.Next();
            await Take(stream, 2);
            cursor = stream.Id!;
        }

        await Delete($"{_root}/a");
        await shared.Nodes.Publish(2, $"{_root}/a", "2");
        using (var stream = await Open(2, $"{_root}/a,{_root}/b?as=json", cursor))
        {
            Assert.Equal(cursor, (await stream.Next()).GetProperty("id").GetString());
            var gap = await stream.Next();
            Assert.Equal(("gap", $"{_root}/a", cursor), (Event(gap), gap.GetProperty("channel").GetString(), gap.GetProperty("after").GetString()));
            Assert.Equal(JsonValueKind.Null, gap.GetProperty("missed").ValueKind);
            Assert.Equal(["a 2"], await Take(stream, 1));
        }
    }

    [Theory]
    [InlineData("as=raw", 406)]
    [InlineData("as=tail", 406)]
    [InlineData("as=ws", 426)]
    [InlineData("as=json&since=aaaa-1", 400)]
    [InlineData("as=json&since=c.nonsense", 400)]
    [InlineData("poll=1&as=raw", 406)]
    public async Task Several_WhatCannotBe_IsAProblem(string query, int status)
    {
        using var answer = await shared.Http.GetAsync(new Uri(shared.Nodes.Address(1), $"{_root}/a,{_root}/b?{query}"));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("*/*", 200)]
    [InlineData("text/event-stream", 200)]
    [InlineData("application/json", 200)]
    [InlineData("text/plain", 406)]
    [InlineData("text/html", 406)]
    [InlineData("image/*", 406)]
    public async Task Several_Accept_NeedsAFormThatNamesChannels(string accept, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(shared.Nodes.Address(1), $"{_root}/a%2C{_root}/%2A"));
        request.Headers.Accept.ParseAdd(accept);
        using var answer = await shared.Http.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Several_CannotBePublishedToOrDeleted(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(shared.Nodes.Address(1), $"{_root}/a,{_root}/b")) { Content = new StringContent("x") };
        using var answer = await shared.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("reserved for subscribing", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cursor_APrefixWith10000Channels_StaysBelow2KB()
    {
        const int Channels = 10_000;
        using var stream = await Open(3, $"{_root}/many/*?as=json");
        Assert.Equal("open", Event(await stream.Next()));
        var next = 0;
        await Task.WhenAll(Enumerable.Range(1, 32).Select(async x =>
        {
            while (Interlocked.Increment(ref next) is var i && i <= Channels)
            {
                await shared.Nodes.Publish((x % 3) + 1, $"{_root}/many/{i}", $"{i}");
            }
        }));
        var got = await Take(stream, Channels);
        Assert.Equal(Channels, got.Distinct().Count());
        Assert.InRange(stream.LongestId, 10, 2048);

        // And it resumes them, here after about a half.
        using var rest = await Open(1, $"{_root}/many/*?as=json", stream.Ids[Channels / 2]);
        await rest.Next();
        Assert.Equal(got[((Channels / 2) + 1)..].Order(), (await Take(rest, Channels - (Channels / 2) - 1)).Order());
    }

    private async Task<List<string>> Take(Events stream, int count)
    {
        var got = new List<string>();
        while (got.Count < count)
        {
            var next = await stream.Next();
            if (Event(next) != "open")
            {
                Assert.Equal("message", Event(next));
                got.Add($"{next.GetProperty("channel").GetString()![(_root.Length + 1)..]} {next.GetProperty("data").GetString()}");
            }
        }

        return got;
    }

    private async Task<(int Status, string Messages, string Next)> Poll(int node, string path)
    {
        using var answer = await shared.Http.GetAsync(new Uri(shared.Nodes.Address(node), path));
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(x => JsonDocument.Parse(x).RootElement);
        return ((int)answer.StatusCode,
            string.Join(';', lines.Select(x => $"{x.GetProperty("channel").GetString()![(_root.Length + 1)..]} {x.GetProperty("data")}").Order()),
            answer.Headers.GetValues("Last-Event-ID").Single());
    }

    private async Task Batch(int node, string channel, string[] lines)
    {
        using var body = new StringContent(string.Join('\n', lines), new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-ndjson"));
        (await shared.Http.PostAsync(new Uri(shared.Nodes.Address(node), $"{channel}?batch=1"), body)).EnsureSuccessStatusCode().Dispose();
    }

    private async Task Delete(string channel) =>
        (await shared.Http.DeleteAsync(new Uri(shared.Nodes.Address(1), channel))).EnsureSuccessStatusCode().Dispose();

    private Task<Events> Open(int node, string path, string? cursor = null) => Events.Open(new Uri(shared.Nodes.Address(node), path), cursor);

    private static string Event(JsonElement x) => x.GetProperty("event").GetString()!;
}
