using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Several channels in one subscription.</summary>
public sealed class SeveralTests : ConformanceTest
{
    private const int MaxCursor = 2048;

    public static TheoryData<string> FormsWithIds => [.. Subscription.FormsWithIds];

    public static TheoryData<string, string> Malformed => new()
    {
        { "/{0},{64}", "at most 64" },
        { "/{0}/*,{64}", "at most 64" },
        { "/{0},", "at least 1 byte" },
        { "/,{0}", "at least 1 byte" },
        { "/{0},,{0}/b", "at least 1 byte" },
        { "/{0}/,{0}/b", "empty segment" },
        { "/{0}//*", "empty segment" },
        { "/{0}/*/b", "'*'" },
        { "/{0}*", "'*'" },
        { "/*{0}", "'*'" },
        { "/{0}/**", "'*'" },
        { "/{0},..", "segment" },
        { "/{0}%2Fb,{0}", "'%2F'" },
        { "/{0},robots.txt", "gateway" },
        { "/{0},-/cluster", "gateway" },
    };

    public static TheoryData<string, string> Unserved => new()
    {
        { "as=raw", "*/*" },
        { "as=tail", "*/*" },
        { "as=tail&render=svg", "*/*" },
        { "poll=1&as=raw", "*/*" },
        { "", "text/plain" },
        { "", "text/html" },
        { "", "text/html, text/plain;q=0.9" },
        { "", "image/png" },
        { "", "multipart/x-mixed-replace" },
        { "", "application/pdf" },
        { "", "*/*;q=0" },
    };

    [Theory(DisplayName = "GET /{a},{b},{c}: json and gateway.json name each message's channel, and so does sse, whose data: is then the JSON object")]
    [MemberData(nameof(FormsWithIds))]
    public async Task Names_InAForm_AreThoseOfTheirMessages(string form)
    {
        await Http.Publish(A, $"{Channel}/a", "text\nof lines", "Content-Type: text/markdown");
        await Http.Publish(B, $"{Channel}/b", [0, 0xff]);
        await Http.Publish(C, $"{Channel}/c", "{}", "Content-Type: application/json");
        await Http.Publish(A, $"{Channel}/d", "of another channel");
        using var stream = await Subscription.Open(B, Several("a", "b", "c"), form, "since=all");
        var came = (await Take(stream, 3)).ToDictionary(x => x.Channel);
        Assert.All(came.Values, x => Assert.Equal(["event", "id", "channel", "time", "type", "data"], x.Json.EnumerateObject().Select(y => y.Name).Take(6)));
        Assert.Equal(("text/markdown", "text\nof lines"), (came["a"].Type, came["a"].Data));
        Assert.Equal(("application/octet-stream", "AP8=", "base64"), (came["b"].Type, came["b"].Data, came["b"].Json.GetProperty("encoding").GetString()));
        Assert.Equal(("application/json", "{}"), (came["c"].Type, came["c"].Data));
    }

    [Fact(DisplayName = "Up to 64, with a request line up to 16 KB; the cursor is at most 2 KB, and resumes all of them at another node")]
    public async Task Names_64LongOnes_AreOneSubscription()
    {
        var names = Enumerable.Range(0, 64).Select(x => $"{x:d2}-".PadRight(210, 'x')).ToArray();
        using var stream = await Subscription.Open(A, Several(names), "json");
        await stream.NextEvent("open");
        await Task.WhenAll(names.Select(x => Http.Publish(B, $"{Channel}/{x}", "first")));
        var came = await Take(stream, 64);
        Assert.Equal(names, came.Select(x => x.Channel).Order(StringComparer.Ordinal));
        Assert.All(came, x => Assert.InRange(x.Id.Length, 1, MaxCursor));
        await Task.WhenAll(names.Select(x => Http.Publish(A, $"{Channel}/{x}", "second")));
        using var resumed = await Subscription.Open(C, Several(names), "json", string.Empty, $"Last-Event-ID: {came[^1].Id}");
        came = await Take(resumed, 64);
        Assert.Equal(names.Select(x => $"{x} second"), came.Select(x => x.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory(DisplayName = "65 are 400, and so is each name that is none")]
    [MemberData(nameof(Malformed))]
    public async Task Several_BreakingARule_Are400(string target, string rule)
    {
        target = target.Replace("{64}", string.Join(',', Enumerable.Range(1, 64).Select(x => $"{Channel}/{x}")), StringComparison.Ordinal).Replace("{0}", Channel, StringComparison.Ordinal);
        foreach (var method in new[] { "GET", "HEAD", "OPTIONS" })
        {
            Problems.Check(await Http.Send(A, method, target, null), 400, method == "HEAD" ? null : rule);
        }
    }

    [Fact(DisplayName = "A trailing /* for everything below a prefix: every depth, not the prefix itself")]
    public async Task Prefix_OfAPath_IsAllBelowIt()
    {
        string[] below = ["s/a", "s/a/b", "s/a/b/c/d/e", "s/é"];
        foreach (var name in below.Concat(["s", "s2/a", "S/a", "r/s/a"]))
        {
            await Http.Publish(A, $"{Channel}/{Uri.EscapeDataString(name).Replace("%2F", "/", StringComparison.Ordinal)}", name);
        }

        using var stream = await Subscription.Open(B, Several("s/*"), "json", "since=all");
        Assert.Equal(below.Order(StringComparer.Ordinal), (await Take(stream, below.Length)).Select(x => x.Channel).Order(StringComparer.Ordinal));
        foreach (var name in new[] { "s", "s2/a", "s/end" })
        {
            await Http.Publish(C, $"{Channel}/{name}", "new");
        }

        Assert.Equal("s/end", Assert.Single(await Take(stream, 1)).Channel);
    }

    [Theory(DisplayName = "Channels that appear later included, from their first message")]
    [MemberData(nameof(FormsWithIds))]
    public async Task Prefix_ChannelsThatAppearLater_ComeFromTheirFirstMessage(string form)
    {
        using var stream = await Subscription.Open(A, Several("s/*"), form, "since=all");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async x =>
        {
            for (var i = 1; i <= 3; i++)
            {
                await Http.Publish(new[] { A, B, C }[(x + i) % 3], $"{Channel}/s/{x}/new", $"{i}");
            }
        }));
        var came = (await Take(stream, 60)).GroupBy(x => x.Channel).ToArray();
        Assert.Equal(20, came.Length);
        Assert.All(came, x => Assert.Equal(["1", "2", "3"], x.Select(y => y.Data)));
    }

    [Fact(DisplayName = "Names and prefixes mix; what is asked for twice comes once")]
    public async Task NamesAndPrefixes_Mixed_BringEachMessageOnce()
    {
        string[] names = ["a", "b", "s/x", "s/y/z", "t/x"];
        using var stream = await Subscription.Open(A, Several("a", "s/*", "b", "t/*", "s/x", "s/y/*", "a"), "json");
        await stream.NextEvent("open");
        foreach (var round in new[] { "1", "2" })
        {
            foreach (var name in names.Append("c"))
            {
                await Http.Publish(B, $"{Channel}/{name}", round);
            }
        }

        var came = (await Take(stream, 2 * names.Length)).GroupBy(x => x.Channel).OrderBy(x => x.Key, StringComparer.Ordinal).ToArray();
        Assert.Equal(names, came.Select(x => x.Key));
        Assert.All(came, x => Assert.Equal(["1", "2"], x.Select(y => y.Data)));
    }

    [OwnNodesFact(DisplayName = "/* is every channel but numbers and announce")]
    public async Task Prefix_OfNothing_IsAllButTheChannelsOfTheGateway()
    {
        using var all = await Subscription.Open(A, "*", "json");
        await all.NextEvent("open");
        using var numbers = await Subscription.Open(B, "numbers", "json");
        await numbers.NextEvent("message");
        await numbers.NextEvent("message");
        await Http.Publish(C, Channel, "end");
        var seen = new HashSet<string>();
        do
        {
            seen.Add((await all.NextEvent("message")).Json.GetProperty("channel").GetString()!);
        }
        while (!seen.Contains(Channel));
        Assert.DoesNotContain("numbers", seen);
        Assert.DoesNotContain("announce", seen);
    }

    [OwnNodesFact(DisplayName = "… which mix with others by their names")]
    public async Task ChannelsOfTheGateway_ByName_AreAmongSeveral()
    {
        using var stream = await Subscription.Open(A, $"numbers,announce,{Channel}/*", "json", "since=latest");
        await Http.Publish(B, $"{Channel}/a", "x");
        var seen = new HashSet<string>();
        while (seen.Count < 3)
        {
            seen.Add((await stream.NextEvent("message")).Json.GetProperty("channel").GetString()!);
        }

        Assert.Equal(["announce", "numbers", $"{Channel}/a"], seen.Order(StringComparer.Ordinal));
    }

    [Theory(DisplayName = "The other forms are 406")]
    [MemberData(nameof(Unserved))]
    public async Task Several_InAFormWithoutNames_Are406(string query, string accept)
    {
        foreach (var target in new[] { Several("a", "b"), Several("*") })
        {
            Problems.Check(await Http.Get(A, $"/{target}?{query}", $"Accept: {accept}"), 406, accept is "application/pdf" or "*/*;q=0" ? "" : "name each message's channel");
            Problems.Check(await Http.Send(A, "HEAD", $"/{target}?{query}", null, $"Accept: {accept}"), 406, null);
        }
    }

    [Fact(DisplayName = "The other forms are 406: a WebSocket without gateway.json")]
    public async Task Several_ByAWebSocketWithoutASubprotocol_Are406()
    {
        string[] handshake = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
        Problems.Check(await Http.Get(A, $"/{Several("a", "b")}", handshake), 406, "gateway.json");
        Problems.Check(await Http.Get(A, $"/{Several("*")}?as=ws", [.. handshake, "Sec-WebSocket-Protocol: other"]), 406, "gateway.json");
    }

    [Theory(DisplayName = "Accept chooses among the forms that name each message's channel")]
    [InlineData("*/*", "application/x-ndjson")]
    [InlineData("application/json", "application/x-ndjson")]
    [InlineData("application/x-ndjson;q=0.1, text/plain", "application/x-ndjson")]
    [InlineData("text/event-stream", "text/event-stream")]
    [InlineData("text/html, text/event-stream;q=0.5, application/json;q=0.4", "text/event-stream")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/x-ndjson")]
    public async Task Accept_ForSeveral_ChoosesOfThoseForms(string accept, string type)
    {
        var head = await Http.Send(A, "HEAD", $"/{Several("a", "*")}", null, $"Accept: {accept}");
        Assert.Equal((200, type, "Accept, Last-Event-ID"), (head.Status, head["Content-Type"], head["Vary"]));
    }

    [Theory(DisplayName = "One open")]
    [InlineData("json")]
    [InlineData("gateway.json")]
    public async Task Open_OfSeveral_IsOne(string form)
    {
        await Http.Publish(A, $"{Channel}/a", "x");
        await Http.Publish(B, $"{Channel}/s/b", "x");
        using var stream = await Subscription.Open(C, Several("a", "s/*", "c"), form, "since=all");
        Assert.Equal("open", (await stream.Next(-1)).Event);
        await Http.Publish(A, $"{Channel}/c", "x");
        await Http.Publish(A, $"{Channel}/s/d", "x");
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("message", (await stream.Next(-1)).Event);
        }
    }

    [Fact(DisplayName = "sse: one retry: and id: alone, the cursor after which the stream begins")]
    public async Task Sse_OfSeveral_BeginsWithTheCursor()
    {
        using var connection = await Http.Open(A, "GET", $"/{Several("a", "s/*")}", null, "Accept: text/event-stream");
        await connection.ReadHead();
        var begun = Encoding.ASCII.GetString(await connection.ReadChunk());
        Assert.Matches("^retry: (1[0-9]{3}|2000)\nid: [!-~]+\n\n$", begun);
        await Http.Publish(B, $"{Channel}/a", "1");
        await Http.Publish(B, $"{Channel}/s/b", "2");
        using var resumed = await Subscription.Open(C, Several("a", "s/*"), "sse", string.Empty, $"Last-Event-ID: {begun.Split("id: ")[1].Trim()}");
        Assert.Equal(["a 1", "s/b 2"], (await Take(resumed, 2)).Select(x => x.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory(DisplayName = "The id is one opaque cursor for all of them, which resumes all of them: each channel in its own order, each message once")]
    [MemberData(nameof(FormsWithIds))]
    public async Task Cursor_AtAnotherNode_ResumesAllOfThem(string form)
    {
        string[] names = ["a", "b", "s/x", "s/y/z"];
        for (var i = 0; i < 40; i++)
        {
            await Http.Publish(new[] { A, B, C }[i % 3], $"{Channel}/{names[i % 4]}", $"{i:d2}");
        }

        var several = Several("a", "s/*", "b");
        using var stream = await Subscription.Open(A, several, form, "since=all");
        var all = await Take(stream, 40);
        Check(all);
        var streams = new List<Subscription> { stream };
        foreach (var (seen, node) in new[] { (1, B), (14, C), (39, B) })
        {
            // A WebSocket in a browser has no headers.
            var resumed = form == "gateway.json"
                ? await Subscription.Open(node, several, form, $"since={all[seen - 1].Id}")
                : await Subscription.Open(node, several, form, string.Empty, $"Last-Event-ID: {all[seen - 1].Id}");
            streams.Add(resumed);
            Check([.. all[..seen], .. await Take(resumed, 40 - seen)]);
        }

        // Behind that nothing comes twice, and what is new comes to all.
        await Task.WhenAll(names.Select(x => Http.Publish(C, $"{Channel}/{x}", "new")));
        foreach (var each in streams)
        {
            Assert.Equal(names.Select(x => $"{x} new"), (await Take(each, 4)).Select(x => x.ToString()).Order(StringComparer.Ordinal));
            each.Dispose();
        }

        void Check(IReadOnlyList<Said> came)
        {
            for (var i = 0; i < names.Length; i++)
            {
                Assert.Equal(Enumerable.Range(0, 10).Select(x => $"{(4 * x) + i:d2}"), came.Where(x => x.Channel == names[i]).Select(x => x.Data));
            }
        }
    }

    [Fact(DisplayName = "A channel that it does not know starts new")]
    public async Task Cursor_OfOtherChannels_BeginsNewWithThoseThatItDoesNotKnow()
    {
        string[] known = ["a 1", "s/x 1"], unknown = ["b 1", "t/x 1"];
        foreach (var text in known.Concat(unknown))
        {
            await Http.Publish(A, $"{Channel}/{text.Split(' ')[0]}", "0");
        }

        var cursor = (await Http.Get(B, $"/{Several("a", "s/*")}?poll=1"))["Last-Event-ID"];
        foreach (var text in known.Concat(unknown))
        {
            await Http.Publish(A, $"{Channel}/{text.Split(' ')[0]}", "1");
        }

        using var stream = await Subscription.Open(C, Several("a", "s/*", "b", "t/*"), "json", $"since={cursor}");
        Assert.Equal(known, (await Take(stream, 2)).Select(x => x.ToString()).Order(StringComparer.Ordinal));
        foreach (var text in unknown)
        {
            await Http.Publish(B, $"{Channel}/{text.Split(' ')[0]}", "2");
        }

        Assert.Equal(["b 2", "t/x 2"], (await Take(stream, 2)).Select(x => x.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact(DisplayName = "The id of a single channel is no cursor (400), and a cursor is no id of one")]
    public async Task Id_OfOneChannel_IsNoCursor()
    {
        var id = await Http.Publish(A, $"{Channel}/a", "x");
        var cursor = (await Http.Get(A, $"/{Several("a", "b")}?poll=1"))["Last-Event-ID"]!;
        Assert.Equal(200, (await Http.Get(B, $"/{Several("a", "b")}?poll=1&since={cursor}")).Status);
        foreach (var (several, since) in new[] { (Several("a", "b"), id), (Several("*"), id), (Several("a", "b"), cursor[..^1]), (Several("a", "b"), cursor + "A"), (Several("a"), cursor) })
        {
            foreach (var form in new[] { "as=json", "as=sse", "poll=1" })
            {
                Problems.Check(await Http.Get(A, $"/{several}?{form}&since={since}"), 400, since);
                Problems.Check(await Http.Get(A, $"/{several}?{form}", $"Last-Event-ID: {since}"), 400, since);
            }
        }
    }

    [Fact(DisplayName = "A cursor is at most 2 KB, however many channels a prefix has")]
    public async Task Cursor_OfManyChannels_IsAtMost2KB()
    {
        var names = Enumerable.Range(0, 300).Select(x => $"{x:d3}").ToArray();
        foreach (var part in names.Chunk(20))
        {
            await Task.WhenAll(part.Select((x, i) => Http.Publish(new[] { A, B, C }[i % 3], $"{Channel}/{x}", "x")));
        }

        using var stream = await Subscription.Open(B, Several("*"), "json", "since=all");
        var came = await Take(stream, names.Length);
        Assert.Equal(names, came.Select(x => x.Channel).Order(StringComparer.Ordinal));
        Assert.All(came, x => Assert.InRange(x.Id.Length, 1, MaxCursor));
        using var resumed = await Subscription.Open(C, Several("*"), "json", $"since={came[149].Id}");
        Assert.Equal(came[150..].Select(x => x.Channel).Order(StringComparer.Ordinal), (await Take(resumed, 150)).Select(x => x.Channel).Order(StringComparer.Ordinal));
    }

    [Fact(DisplayName = "A hole is never silent: a gap names the channel, and goes on from its cursor with all that is kept")]
    public async Task Cursor_OfAChannelThatWasDeleted_IsAGap()
    {
        await Http.Publish(A, $"{Channel}/a", "1");
        await Http.Publish(B, $"{Channel}/b", "1");
        var cursor = (await Http.Get(B, $"/{Several("a", "b")}?poll=1"))["Last-Event-ID"]!;
        Assert.Equal(204, (await Http.Send(B, "DELETE", $"/{Channel}/a", null)).Status);
        await Http.Publish(C, $"{Channel}/a", "2");
        var answer = await Http.Get(C, $"/{Several("a", "b")}?poll=1&since={cursor}");
        Assert.Equal(["gap", "message"], answer.Lines.Select(x => x.GetProperty("event").GetString()));
        var (gap, message) = (answer.Lines[0], answer.Lines[1]);
        Assert.Equal(($"{Channel}/a", cursor, "null"), (gap.GetProperty("channel").GetString(), gap.GetProperty("after").GetString(), gap.GetProperty("missed").GetRawText()));
        Assert.Equal(gap.GetProperty("id").GetString(), gap.GetProperty("resumed").GetString());
        Assert.Equal(($"{Channel}/a", "2"), (message.GetProperty("channel").GetString(), message.GetProperty("data").GetString()));
        var again = await Http.Get(A, $"/{Several("a", "b")}?poll=1&since={gap.GetProperty("resumed").GetString()}");
        Assert.Equal("2", Assert.Single(again.Lines).GetProperty("data").GetString());
    }

    [Theory(DisplayName = "%2C and %2A are the same as , and *")]
    [InlineData("{0}/a%2C{0}/s/*")]
    [InlineData("{0}/a%2c{0}/s/%2A")]
    [InlineData("{0}/a,{0}/s/%2a")]
    public async Task Separators_PercentEncoded_AreTheSame(string target)
    {
        await Http.Publish(A, $"{Channel}/a", "x");
        await Http.Publish(A, $"{Channel}/s/b", "x");
        using var stream = await Subscription.Open(B, target.Replace("{0}", Channel, StringComparison.Ordinal), "json", "since=all");
        Assert.Equal(["a", "s/b"], (await Take(stream, 2)).Select(x => x.Channel).Order(StringComparer.Ordinal));
    }

    [Fact(DisplayName = "?poll=1 of several: the messages since the cursor, and Last-Event-ID is the next one")]
    public async Task Poll_OfSeveral_GetsEachMessageOnce()
    {
        var (seen, next) = (new List<string>(), string.Empty);
        for (var round = 0; round < 4; round++)
        {
            await Http.Publish(A, $"{Channel}/a", $"{round}");
            await Http.Publish(B, $"{Channel}/s/{round}", $"{round}");
            var answer = await Http.Get(new[] { A, B, C }[round % 3], $"/{Several("a", "s/*")}?poll=1&since={next}");
            Assert.Equal((200, "application/x-ndjson"), (answer.Status, answer["Content-Type"]));
            seen.AddRange(answer.Lines.Select(x => $"{x.GetProperty("channel").GetString()![(Channel.Length + 1)..]} {x.GetProperty("data").GetString()}"));
            next = answer["Last-Event-ID"]!;
        }

        Assert.Equal(["a 0", "a 1", "a 2", "a 3", "s/0 0", "s/1 1", "s/2 2", "s/3 3"], seen.Order(StringComparer.Ordinal));
    }

    [Fact(DisplayName = "?poll=1 of several with &wait=: 204 with Last-Event-ID when none came, however much goes on in other channels")]
    public async Task Poll_OfSeveralWaitingForNothingOnABusyCluster_Is204()
    {
        await Http.Publish(A, $"{Channel}/a", "x");
        var cursor = (await Http.Get(B, $"/{Several("a", "s/*")}?poll=1"))["Last-Event-ID"]!;
        using var over = new CancellationTokenSource();
        var others = Task.WhenAll(new[] { A, B, C }.Select(async x =>
        {
            while (!over.IsCancellationRequested)
            {
                await Http.Publish(x, $"{Channel}/other", "x");
            }
        }));

        // As long as a publish may take, or longer: until then no poll is told that its channels cannot be reached.
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Http.Get(B, $"/{Several("a", "s/*")}?poll=1&since={cursor}&wait=5s")));
        await over.CancelAsync();
        await others;
        Assert.All(answers, x => Assert.Equal((204, string.Empty), (x.Status, x.Text)));
        await Http.Publish(C, $"{Channel}/s/b", "y");
        var next = await Http.Get(C, $"/{Several("a", "s/*")}?poll=1&since={answers[0]["Last-Event-ID"]}&wait=30s");
        Assert.Equal("y", Assert.Single(next.Lines).GetProperty("data").GetString());
    }

    /// <summary>These names below this test's own, as a target without its slash.</summary>
    private string Several(params string[] names) => string.Join(',', names.Select(x => $"{Channel}/{x}"));

    /// <summary>The next messages; an open and keep-alives are passed over.</summary>
    private async Task<List<Said>> Take(Subscription stream, int count)
    {
        var came = new List<Said>();
        while (came.Count < count)
        {
            var next = await stream.Next(-1);
            if (next.Event is "open" or "keepalive")
            {
                continue;
            }

            Assert.Equal("message", next.Event);
            var json = stream is SseSubscription ? JsonDocument.Parse(next.Body).RootElement : next.Json;
            Assert.Equal(next.Id, json.GetProperty("id").GetString());
            var channel = json.GetProperty("channel").GetString()!;
            Assert.StartsWith($"{Channel}/", channel, StringComparison.Ordinal);
            came.Add(new Said(channel[(Channel.Length + 1)..], json.GetProperty("data").GetString()!, next.Id!, json));
        }

        return came;
    }

    /// <summary>A message as its object says it.</summary>
    /// <param name="Channel">Its channel, below this test's own.</param>
    /// <param name="Data">Its data.</param>
    /// <param name="Id">The cursor.</param>
    /// <param name="Json">The object.</param>
    private sealed record Said(string Channel, string Data, string Id, JsonElement Json)
    {
        public string Type => Json.GetProperty("type").GetString()!;

        /// <summary>The channel and the data, as the tests compare them.</summary>
        public override string ToString() => $"{Channel} {Data}";
    }
}
