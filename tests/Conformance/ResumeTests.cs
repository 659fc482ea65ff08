using System.Globalization;
using System.Text.Json;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Resume: <c>since</c>.</summary>
public sealed class SinceTests : ConformanceTest
{
    public static TheoryData<string> Forms => [.. Subscription.Forms];

    // Those with a header that EventSource sends, and those that a URL can say.
    public static TheoryData<string, string, string> Precedence => new()
    {
        { "since=all", "Last-Event-ID: {2}", "3" },
        { "since=none&last_event_id=all", "Last-Event-ID: {1}", "2" },
        { "since={2}", "Last-Event-ID:", "3" },
        { "since={2}&last_event_id={1}", "X-Nothing: 1", "3" },
        { "last_event_id={2}", "X-Nothing: 1", "3" },
        { "since=&last_event_id={2}", "Last-Event-ID: ", "3" },
        { "since=nonsense", "last-event-id: latest", "3" },
        { "since=all", "X-Nothing: 1", "1" },
        { "since=latest", "X-Nothing: 1", "3" },
        { "since={0}", "X-Nothing: 1", "1" },
        { "since=0", "X-Nothing: 1", "1" },
        { "since=1.5", "X-Nothing: 1", "1" },
        { "since=1h", "X-Nothing: 1", "1" },
        { "since=5m", "X-Nothing: 1", "1" },
        { "since=90s", "X-Nothing: 1", "1" },
        { "since=1970-01-01T00:00:00Z", "X-Nothing: 1", "1" },
        { "since=2020-02-29T23:59:59.999999999%2B01:00", "X-Nothing: 1", "1" },
        { "since=2020-02-29T23:59:59+01:00", "X-Nothing: 1", "1" },
        { "since=2020-02-29t23:59:59-12:30", "X-Nothing: 1", "1" },
    };

    public static TheoryData<string> Malformed =>
    [
        "yesterday", "ALL", "None", "-1", "-5m", "1x", "1d", "1.5h", "h", "s", "1e9", "0x10", "abc-1", "1abc-1", "abcd-", "abcd-x", "abcd--1", "abcd-1.5", "abcd-01x",
        "abcdefghijklmnopq-1", "2020-01-01", "2020-01-01T00:00:00", "2020-13-01T00:00:00Z", "2020-01-01T25:00:00Z", "2020-01-01%2000:00:00Z", "all,none", "%C3%A9",
    ];

    [Theory(DisplayName = "The header wins over since=, which wins over last_event_id=; an empty one counts as absent; each form of since")]
    [MemberData(nameof(Precedence))]
    public async Task Since_InEachWay_BeginsThere(string query, string header, string first)
    {
        var ids = await PublishThree();
        (query, header) = (Fill(query, ids), Fill(header, ids));
        var polled = await Http.Get(B, $"/{Channel}?poll=1&{query}", header);
        Assert.True(polled.Status == 200, polled.Text);
        Assert.Equal(first, polled.Lines[0].GetProperty("data").GetString());
        Assert.DoesNotContain(polled.Lines, x => x.GetProperty("event").GetString() == "gap");
        using var stream = await Http.Open(B, "GET", $"/{Channel}?as=raw&{query}", null, header);
        var body = new StreamReader(stream.BodyOf(await stream.ReadHead()));
        Assert.Equal((string.Empty, first), (await body.ReadLineAsync(), await body.ReadLineAsync()));
    }

    [Theory(DisplayName = "none (default, only new)")]
    [MemberData(nameof(Forms))]
    public async Task Since_None_IsOnlyNew(string form)
    {
        await PublishThree();
        foreach (var query in form == "tail" ? ["since=none"] : new[] { string.Empty, "since=none" })
        {
            using var subscription = await Subscription.Open(B, Channel, form, query);
            await Http.Publish(C, Channel, "new");
            Assert.Equal("new", await subscription.NextText());
        }
    }

    [Theory(DisplayName = "By id: exactly the messages after it, each once, in order, then live, on every transport, whichever node the client comes back to")]
    [MemberData(nameof(Forms))]
    public async Task Since_AnId_GetsWhatCameAfterItAndThenLive(string form)
    {
        var ids = await PublishThree();
        foreach (var node in new[] { A, B, C })
        {
            foreach (var header in new[] { true, false })
            {
                using var subscription = header
                    ? await Subscription.Open(node, Channel, form, string.Empty, $"Last-Event-ID: {ids[0]}")
                    : await Subscription.Open(node, Channel, form, $"since={ids[0]}");
                if (form != "tail")
                {
                    Assert.Equal("2", await subscription.NextText());
                }

                Assert.Equal("3", await subscription.NextText());
            }
        }

        using var live = await Subscription.Open(B, Channel, form, $"since={ids[2]}");
        foreach (var text in new[] { "4", "5", "6" })
        {
            await Http.Publish(C, Channel, text);
            Assert.Equal(text, await live.NextText());
        }
    }

    [Theory(DisplayName = "all and latest, on every transport")]
    [MemberData(nameof(Forms))]
    public async Task Since_AllOrLatest_BeginsThere(string form)
    {
        await PublishThree();
        using var all = await Subscription.Open(B, Channel, form, "since=all");
        foreach (var text in form == "tail" ? ["3"] : new[] { "1", "2", "3" })
        {
            Assert.Equal(text, await all.NextText());
        }

        using var latest = await Subscription.Open(C, Channel, form, "since=latest");
        Assert.Equal("3", await latest.NextText());
    }

    [Fact(DisplayName = "No hole and no doubling at the seam between what is kept and what is live, while it is published")]
    public async Task Since_WhileOthersPublish_HasNoSeam()
    {
        const int Count = 400;
        var start = await Http.Publish(A, Channel, "0");
        var publishing = Task.Run(async () =>
        {
            for (var i = 1; i <= Count; i++)
            {
                await Http.Publish(new[] { A, B, C }[i % 3], Channel, $"{i}");
            }
        });
        var seen = 0;
        var last = start;
        while (seen < Count)
        {
            using var subscription = await Subscription.Open(new[] { A, B, C }[seen % 3], Channel, Subscription.FormsWithIds[seen % 3], $"since={last}");
            for (var i = 0; i < 25 && seen < Count; i++)
            {
                var next = await subscription.NextEvent("message");
                Assert.Equal($"{++seen}", next.Text);
                last = next.Id!;
            }
        }

        await publishing;
        Assert.EndsWith($"-{Count + 1}", last, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "A time: from the first message not older than that, never a gap")]
    public async Task Since_ATime_BeginsWithTheFirstMessageNotOlder()
    {
        var times = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            await Http.Publish(A, Channel, $"{i}");
            var time = (await Http.Get(A, $"/{Channel}?poll=1&since=latest")).Lines[0].GetProperty("time").GetString()!;
            times.Add(time);
        }

        for (var i = 0; i < 5; i++)
        {
            // The first one with this time: two can have the same.
            var first = times.IndexOf(times[i]);
            var unix = DateTimeOffset.Parse(times[i], CultureInfo.InvariantCulture).ToUnixTimeMilliseconds() / 1000m;
            foreach (var since in new[] { times[i], unix.ToString(CultureInfo.InvariantCulture), times[i].Replace("Z", "+00:00", StringComparison.Ordinal) })
            {
                Assert.Equal(Enumerable.Range(first, 5 - first).Select(x => $"{x}"), (await Http.Get(B, $"/{Channel}?poll=1&since={since}")).Lines.Select(x => x.GetProperty("data").GetString()));
            }
        }

        Assert.Empty((await Http.Get(B, $"/{Channel}?poll=1&since=2099-01-01T00:00:00Z")).Lines);
        Assert.Empty((await Http.Get(B, $"/{Channel}?poll=1&since=9999999999")).Lines);
    }

    [Theory(DisplayName = "Anything else is 400")]
    [MemberData(nameof(Malformed))]
    public async Task Since_Malformed_Is400(string since)
    {

        foreach (var query in new[] { "as=raw", "as=json", "as=sse", "as=tail", "poll=1" })
        {
            Problems.Check(await Http.Get(A, $"/{Channel}?{query}&since={since}"), 400, "none, all, latest, an id");
        }

        using var socket = await FrameClient.Open(A, $"/{Channel}?since={since}");
        Assert.Equal(400, socket.Head.Status);
        if (!since.Contains('%', StringComparison.Ordinal))
        {
            Problems.Check(await Http.Get(A, $"/{Channel}?since=all&as=sse", $"Last-Event-ID: {since}"), 400, "none, all, latest, an id");
        }
    }

    private async Task<string[]> PublishThree() => [await Http.Publish(A, Channel, "1"), await Http.Publish(B, Channel, "2"), await Http.Publish(C, Channel, "3")];

    private static string Fill(string text, string[] ids) => text
        .Replace("{0}", $"{ids[0].Split('-')[0]}-0", StringComparison.Ordinal)
        .Replace("{1}", ids[0], StringComparison.Ordinal)
        .Replace("{2}", ids[1], StringComparison.Ordinal);
}

/// <summary>Contract, part 1: Resume: a hole is never silent.</summary>
public sealed class GapTests : ConformanceTest
{
    public static TheoryData<string> FormsWithIds => [.. Subscription.FormsWithIds];

    public static TheoryData<string> FormsWithout => [.. Subscription.Forms.Except(Subscription.FormsWithIds)];

    [Theory(DisplayName = "Of another epoch: a gap with {\"channel\",\"after\",\"resumed\",\"missed\"}, missed null, then all that is kept")]
    [MemberData(nameof(FormsWithIds))]
    public async Task Gap_OfAnotherEpoch_IsSaidBeforeItGoesOn(string form)
    {
        var epoch = (await Http.Publish(A, Channel, "kept")).Split('-')[0];
        using var subscription = await Subscription.Open(B, Channel, form, "since=gone-7");
        await CheckGap(subscription, form, "gone-7", $"{epoch}-0", null);
        Assert.Equal("kept", await subscription.NextText());
    }

    [Theory(DisplayName = "Of a channel that was deleted: its epoch is another, a gap")]
    [MemberData(nameof(FormsWithIds))]
    public async Task Gap_OfADeletedChannel_IsSaid(string form)
    {
        var before = await Http.Publish(A, Channel, "before");
        Assert.Equal(204, (await Http.Send(B, "DELETE", $"/{Channel}", null)).Status);
        var after = await Http.Publish(C, Channel, "after");
        using var subscription = await Subscription.Open(B, Channel, form, string.Empty, $"Last-Event-ID: {before}");
        await CheckGap(subscription, form, before, after.Split('-')[0] + "-0", null);
        Assert.Equal("after", await subscription.NextText());
    }

    [Theory(DisplayName = "An offset beyond the newest of its epoch: a gap with missed null, then only new")]
    [MemberData(nameof(FormsWithIds))]
    public async Task Gap_OfAnOffsetBeyondTheNewest_GoesOnWithWhatIsNew(string form)
    {
        var id = await Http.Publish(A, Channel, "old");
        var beyond = id.Split('-')[0] + "-9";
        using var subscription = await Subscription.Open(B, Channel, form, $"since={beyond}");
        await CheckGap(subscription, form, beyond, id, null);
        await Http.Publish(C, Channel, "new");
        Assert.Equal("new", await subscription.NextText());
    }

    [Theory(DisplayName = "raw, tail and WebSocket without gateway.json carry no ids: they carry the header Gateway-Gap: after=<id> where it is known at the start")]
    [MemberData(nameof(FormsWithout))]
    public async Task Gap_InAFormWithoutIds_IsAHeader(string form)
    {
        var id = await Http.Publish(A, Channel, "kept");
        using (var other = await Subscription.Open(B, Channel, form, "since=gone-7"))
        {
            Assert.Equal("after=gone-7", other["Gateway-Gap"]);
            Assert.Equal("kept", await other.NextText());
        }

        var beyond = id.Split('-')[0] + "-9";
        using (var ahead = await Subscription.Open(C, Channel, form, $"last_event_id={beyond}"))
        {
            Assert.Equal($"after={beyond}", ahead["Gateway-Gap"]);
        }

        foreach (var query in new[] { string.Empty, "since=all", $"since={id}", "since=latest", "since=0" })
        {
            using var none = await Subscription.Open(B, Channel, form, query);
            Assert.Null(none["Gateway-Gap"]);
        }
    }

    [Fact(DisplayName = "A poll says it too: json in band, raw by its header")]
    public async Task Gap_InAPoll_IsSaid()
    {
        var id = await Http.Publish(A, Channel, "kept");
        var epoch = id.Split('-')[0];
        var json = await Http.Get(B, $"/{Channel}?poll=1&since=gone-7");
        Assert.Equal($$"""{"event":"gap","id":"{{epoch}}-0","channel":"{{Channel}}","after":"gone-7","resumed":"{{epoch}}-0","missed":null}""", json.Text.Split('\n')[0]);
        Assert.Equal(("kept", id), (json.Lines[1].GetProperty("data").GetString(), json["Last-Event-ID"]));
        Assert.Null(json["Gateway-Gap"]);
        var raw = await Http.Get(C, $"/{Channel}?poll=1&as=raw&since=gone-7");
        Assert.Equal(("after=gone-7", "kept\n", id), (raw["Gateway-Gap"], raw.Text, raw["Last-Event-ID"]));
        var beyond = await Http.Get(C, $"/{Channel}?poll=1&as=raw&since={epoch}-9&wait=5s");
        Assert.Equal((200, $"after={epoch}-9", string.Empty, id), (beyond.Status, beyond["Gateway-Gap"], beyond.Text, beyond["Last-Event-ID"]));
    }

    [Fact(DisplayName = "Messages after that id are no longer kept: a gap that says how many are missed, then all that is kept; a time is never a gap")]
    public async Task Gap_OfWhatIsNoLongerKept_SaysHowManyAreMissed()
    {
        var first = await Http.Publish(A, Channel, "first");
        var epoch = first.Split('-')[0];
        var batch = string.Join('\n', Enumerable.Repeat($"\"{new string('x', 1000)}\"", 1000));
        long oldest;
        do
        {
            Assert.Equal(200, (await Http.Post(A, $"/{Channel}?batch=1", batch, "Content-Type: application/x-ndjson")).Status);
            using var all = await Subscription.Open(A, Channel, "json", "since=all");
            oldest = long.Parse((await all.NextEvent("message")).Id!.Split('-')[1], CultureInfo.InvariantCulture);
            Assert.True(oldest < 200_000, "what is old is never forgotten");
        }
        while (oldest <= 2);

        foreach (var form in Subscription.FormsWithIds)
        {
            using var subscription = await Subscription.Open(B, Channel, form, $"since={first}");
            var gap = await subscription.NextEvent("gap");
            var resumed = long.Parse(gap.Json.GetProperty("resumed").GetString()!.Split('-')[1], CultureInfo.InvariantCulture);
            Assert.InRange(resumed, oldest - 1, long.MaxValue);
            Assert.Equal(resumed - 1, gap.Json.GetProperty("missed").GetInt64());
            Assert.Equal($"{epoch}-{resumed + 1}", (await subscription.Next(-1)).Id);
        }

        using var raw = await Subscription.Open(C, Channel, "raw", $"since={first}");
        Assert.Equal($"after={first}", raw["Gateway-Gap"]);
        using var time = await Subscription.Open(C, Channel, "json", "since=1h");
        Assert.Equal(["open", "message"], new[] { (await time.Next(-1)).Event, (await time.Next(-1)).Event });
    }

    private async Task CheckGap(Subscription subscription, string form, string after, string resumed, long? missed)
    {
        if (form != "sse")
        {
            var open = await subscription.Next(-1);
            Assert.Equal(("open", after), (open.Event, open.Id));
        }

        var gap = await subscription.Next(-1);
        Assert.Equal(("gap", resumed), (gap.Event, gap.Id));
        Assert.Equal((Channel, after, resumed), (gap.Json.GetProperty("channel").GetString(), gap.Json.GetProperty("after").GetString(), gap.Json.GetProperty("resumed").GetString()));
        Assert.Equal(missed, gap.Json.GetProperty("missed").ValueKind == JsonValueKind.Null ? null : gap.Json.GetProperty("missed").GetInt64());
    }
}
