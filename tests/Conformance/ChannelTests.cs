using System.Text;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Channels.</summary>
public sealed class ChannelTests : ConformanceTest
{
    /// <summary>What a target names: names below one of the test's own, in which <c>{0}</c> stands.</summary>
    public static TheoryData<string, string> Names => new()
    {
        { "/{0}", "{0}" },
        { "/{0}/b", "{0}/b" },
        { "/{0}/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "{0}/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p" },
        { "/{0}/%62%7E", "{0}/b~" },
        { "/{0}/%e4%b8%ad%E6%96%87", "{0}/中文" },
        { "/{0}/%F0%9F%98%80", "{0}/😀" },
        { "/{0}/with%20space", "{0}/with space" },
        { "/{0}/a+b", "{0}/a+b" },
        { "/{0}/what%3F%23%25", "{0}/what?#%" },
        { "/{0}/%2541", "{0}/%41" },
        { "/{0}/a:b@c;d=e&f!$'()", "{0}/a:b@c;d=e&f!$'()" },
        { "/{0}/...", "{0}/..." },
        { "/{0}/.hidden", "{0}/.hidden" },
        { "/{0}/-/x", "{0}/-/x" },
        { "/{0}/%5C%22%7B%7D%7C%5E%60%3C%3E%5B%5D", "{0}/\\\"{}|^`<>[]" },
        { "/{0}/e%CC%81", "{0}/e\u0301" },
        { "/{0}?since=all", "{0}" },
        { "http://elsewhere.example/{0}/absolute?x=/y", "{0}/absolute" },
    };

    public static TheoryData<string, string> Violations => new()
    {
        { "/a//b", "no empty segment" },
        { "/a/", "no empty segment" },
        { "//", "no empty segment" },
        { "//a", "no empty segment" },
        { "/a/../b", "no '.' or '..' segment" },
        { "/a/./b", "no '.' or '..' segment" },
        { "/..", "no '.' or '..' segment" },
        { "/.", "no '.' or '..' segment" },
        { "/a/..", "no '.' or '..' segment" },
        { "/a/%2E%2e/b", "no '.' or '..' segment" },
        { "/%2e", "no '.' or '..' segment" },
        { "/a/../-/health/live", "no '.' or '..' segment" },
        { "/./robots.txt", "no '.' or '..' segment" },
        { "/-/../a", "no '.' or '..' segment" },
        { "/a%2Fb", "no '%2F'" },
        { "/a%2fb", "no '%2F'" },
        { "/a/%2F", "no '%2F'" },
        { "/%2F", "no '%2F'" },
        { "/a%01b", "no control characters" },
        { "/a%0Ab", "no control characters" },
        { "/a%7F", "no control characters" },
        { "/a%C2%85", "no control characters" },
        { "/a%", "two hexadecimal digits" },
        { "/a%1", "two hexadecimal digits" },
        { "/a%zzb", "two hexadecimal digits" },
        { "/a%u0041", "two hexadecimal digits" },
        { "/a%ffb", "is UTF-8" },
        { "/a%C3", "is UTF-8" },
        { "/a%C0%AF", "is UTF-8" },
        { "/a%ED%A0%80", "is UTF-8" },
        { "/a%F4%90%80%80", "is UTF-8" },
        { "/{257 a}", "at most 256 bytes" },
        { "/{129 é}", "at most 256 bytes" },
        { "/{1000 a}", "at most 256 bytes" },
    };

    // A GET of these is a subscription to several channels.
    public static TheoryData<string, string> Reserved => new()
    {
        { "/a,b", "no ','" },
        { "/a%2Cb", "no ','" },
        { "/a%2cb", "no ','" },
        { "/,", "no ','" },
        { "/a/*", "no '*'" },
        { "/a/%2A", "no '*'" },
        { "/a%2ab", "no '*'" },
        { "/*", "no '*'" },
    };

    public static TheoryData<string> SystemPaths =>
        ["/", "/-/", "/-/nothing", "/-/cluster", "/-/health/live", "/%2D/nothing", "/.well-known/acme-challenge/x", "/favicon.ico", "/robots.txt"];

    [Theory(DisplayName = "Every URL path is a channel, whose name is the percent-decoded path without its leading slash: POST publishes to it, GET subscribes to it")]
    [MemberData(nameof(Names))]
    public async Task Name_OfATarget_IsTheDecodedPath(string target, string name)
    {
        (target, name) = (target.Replace("{0}", Channel, StringComparison.Ordinal), name.Replace("{0}", Channel, StringComparison.Ordinal));
        Assert.Equal(200, (await Http.Post(A, target, "x")).Status);
        var path = target.Split('?')[0];
        var read = Assert.Single((await Http.Get(B, $"{path}?poll=1")).Lines);
        Assert.Equal((name, "x"), (read.GetProperty("channel").GetString(), read.GetProperty("data").GetString()));
    }

    [Theory(DisplayName = "A name has 1 to 256 bytes: this one has 256")]
    [InlineData("a", 1)]
    [InlineData("%C3%A9", 2)]
    [InlineData("%F0%9F%98%80", 4)]
    public async Task Name_Of256Bytes_IsAChannel(string encoded, int bytes)
    {
        var name = Channel.Replace('/', '-').PadRight(64, '-') + string.Concat(Enumerable.Repeat(encoded, 192 / bytes));
        await Http.Publish(A, name, "x");
        var read = Assert.Single((await Http.Get(B, $"/{name}?poll=1")).Lines);
        Assert.Equal(256, Encoding.UTF8.GetByteCount(read.GetProperty("channel").GetString()!));
    }

    [Fact(DisplayName = "A name is case-sensitive")]
    public async Task Name_OfAnotherCase_IsAnotherChannel()
    {
        await Http.Publish(A, $"{Channel}/a", "lower");
        await Http.Publish(A, $"{Channel}/A", "upper");
        Assert.Equal(["lower"], await Http.Texts(B, $"{Channel}/a"));
        Assert.Equal(["upper"], await Http.Texts(B, $"{Channel}/A"));
    }

    [Theory(DisplayName = "Also the names of the system are case-sensitive: this is a channel")]
    [InlineData("Favicon.ico")]
    [InlineData("ROBOTS.TXT")]
    [InlineData(".Well-Known/x")]
    [InlineData("favicon.ico2")]
    [InlineData("-x/y")]
    [InlineData(".well-known2")]
    public async Task Name_LikeOneOfTheSystem_IsAChannel(string name)
    {
        var id = await Http.Publish(A, name, Channel);
        var read = (await Http.Get(B, $"/{name}?poll=1")).Lines.Single(x => x.GetProperty("id").GetString() == id);
        Assert.Equal((name, Channel), (read.GetProperty("channel").GetString(), read.GetProperty("data").GetString()));
    }

    [Theory(DisplayName = "Anything else: 400 with the rule that it broke")]
    [MemberData(nameof(Violations))]
    public async Task Name_BreaksARule_Is400WithTheRule(string target, string rule)
    {
        target = Expand(target);
        foreach (var method in new[] { "GET", "POST", "PUT", "DELETE", "HEAD" })
        {
            var answer = await Http.Send(A, method, target, method is "POST" or "PUT" ? "x"u8.ToArray() : null, "Accept: text/html, */*");
            Problems.Check(answer, 400, method == "HEAD" ? null : rule);
        }
    }

    [Theory(DisplayName = "No ',' or '*' in the name of a channel, and %2C and %2A are the same: 400 for a publish")]
    [MemberData(nameof(Reserved))]
    public async Task Publish_ToSeveralChannels_Is400(string target, string rule)
    {
        foreach (var method in new[] { "POST", "PUT", "DELETE" })
        {
            Problems.Check(await Http.Send(A, method, target, method == "DELETE" ? null : "x"u8.ToArray()), 400, rule);
        }
    }

    // What is not even a request line to the server never reaches the gateway's own code: the answer is short.
    [Theory(DisplayName = "No control characters, and UTF-8 only percent-encoded: 400")]
    [InlineData("/a%00b")]
    [InlineData("/caf\u00c3\u00a9")]
    [InlineData("/a\u0001b")]
    [InlineData("/a b")]
    public async Task Target_ThatIsNone_Is400(string target) => Assert.Equal(400, (await Http.Get(A, target)).Status);

    [Theory(DisplayName = "/-/…, /.well-known/…, /favicon.ico and /robots.txt belong to the system: never a channel")]
    [MemberData(nameof(SystemPaths))]
    public async Task Publish_ToASystemPath_IsRefused(string path)
    {
        foreach (var method in new[] { "POST", "PUT", "DELETE" })
        {
            var answer = await Http.Send(A, method, path, "x"u8.ToArray());
            Problems.Check(answer, answer.Status);
            Assert.True(answer.Status is 404 or 405, answer.Head.StatusLine);
            Assert.Null(answer["Message-Id"]);
        }
    }

    [Theory(DisplayName = "What belongs to the system and is not there: 404")]
    [InlineData("/-/nothing")]
    [InlineData("/-/")]
    [InlineData("/.well-known/nothing")]
    public async Task SystemPath_WithNothing_Is404(string path) => Problems.Check(await Http.Get(A, path), 404, "belongs to");

    [Theory(DisplayName = "/ is the home page for a browser")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8")]
    public async Task Home_InABrowser_IsAPage(string accept)
    {
        var answer = await Http.Get(A, "/", $"Accept: {accept}");
        Assert.Equal((200, "text/html; charset=utf-8"), (answer.Status, answer["Content-Type"]));
        Assert.Equal("nosniff", answer["X-Content-Type-Options"]);
    }

    [Theory(DisplayName = "/ is a few lines of plain-text help for curl")]
    [InlineData("Accept: */*")]
    [InlineData("X-Nothing: 1")]
    public async Task Home_InCurl_IsHelp(string header)
    {
        var answer = await Http.Get(A, "/", header);
        Assert.Equal((200, "text/plain; charset=utf-8"), (answer.Status, answer["Content-Type"]));
        Assert.Contains("curl ", answer.Text, StringComparison.Ordinal);
        Assert.Contains("Accept", answer["Vary"], StringComparison.Ordinal);
    }

    [Theory(DisplayName = "To publish to numbers or announce, or delete them, from outside is 403")]
    [InlineData("/numbers")]
    [InlineData("/announce")]
    [InlineData("/num%62ers")]
    public async Task ReservedChannel_PublishedOrDeleted_Is403(string target)
    {
        foreach (var (method, body) in new[] { ("POST", "7"), ("PUT", "7"), ("DELETE", null) })
        {
            Problems.Check(await Http.Send(A, method, target, body is null ? null : Encoding.ASCII.GetBytes(body)), 403, "fed by the gateway");
        }

        Problems.Check(await Http.Post(A, $"{target}?batch=1", "1\n2", "Content-Type: application/x-ndjson"), 403, "fed by the gateway");
    }

    [Fact(DisplayName = "A channel without a message has an epoch too, the same on every node: <epoch>-0")]
    public async Task Epoch_OfAnEmptyChannel_IsTheSameOnEveryNode()
    {
        var ids = new List<string?>();
        foreach (var node in new[] { A, B, C })
        {
            ids.Add((await Http.Get(node, $"/{Channel}?poll=1"))["Last-Event-ID"]);
        }

        Assert.Single(ids.Distinct());
        Assert.Matches("^[A-Za-z][A-Za-z0-9]{3,15}-0$", ids[0]);
        Assert.Equal($"{ids[0]![..^2]}-1", await Http.Publish(C, Channel, "x"));
    }

    [Fact(DisplayName = "offset counts 1, 2, 3 … within an epoch of one channel, without holes, by way of all nodes")]
    public async Task Offset_OfMessagesByWayOfAllNodes_CountsWithoutHoles()
    {
        var ids = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            ids.Add(await Http.Publish(new[] { A, B, C }[i % 3], Channel, $"{i}"));
        }

        var epoch = ids[0].Split('-')[0];
        Assert.Equal(Enumerable.Range(1, 30).Select(x => $"{epoch}-{x}"), ids);
    }

    [Fact(DisplayName = "All subscribers of a channel, on all nodes and over all transports, see the same messages in the same order")]
    public async Task Subscribers_OnAllNodesOverAllForms_SeeOneOrder()
    {
        const int Each = 100;
        var subscriptions = new List<Subscription>();
        foreach (var form in Subscription.Forms.Except(["tail"]))
        {
            foreach (var node in new[] { A, B, C })
            {
                subscriptions.Add(await Subscription.Open(node, Channel, form));
            }
        }

        await Task.WhenAll(new[] { A, B, C }.Select(async (node, i) =>
        {
            for (var n = 0; n < Each; n++)
            {
                await Http.Publish(node, Channel, $"{i} {n}");
            }
        }));
        var orders = await Task.WhenAll(subscriptions.Select(async subscription =>
        {
            var texts = new List<string>();
            while (texts.Count < 3 * Each)
            {
                texts.Add(await subscription.NextText());
            }

            return texts;
        }));
        Assert.Equal(3 * Each, orders[0].Distinct().Count());
        Assert.All(orders, x => Assert.Equal(orders[0], x));
        subscriptions.ForEach(x => x.Dispose());
    }

    /// <summary>Replaces <c>{3 a}</c> by <c>aaa</c>, percent-encoded.</summary>
    internal static string Expand(string target)
    {
        var open = target.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
        {
            return target;
        }

        var part = target[(open + 1)..target.IndexOf('}', StringComparison.Ordinal)].Split(' ');
        return target[..open] + string.Concat(Enumerable.Repeat(Uri.EscapeDataString(part[1]), int.Parse(part[0])));
    }
}
