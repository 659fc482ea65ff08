namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Subscribe: which form is sent.</summary>
public sealed class NegotiationTests : ConformanceTest
{
    private const string Raw = "text/plain; charset=utf-8";
    private const string Json = "application/x-ndjson";
    private const string Sse = "text/event-stream";
    private const string Tail = "multipart/x-mixed-replace; boundary=";
    private const string Html = "text/html; charset=utf-8";

    public static TheoryData<string, string> Accepts => new()
    {
        // The table.
        { "*/*", Raw },
        { "text/plain", Raw },
        { "", Raw },
        { "application/x-ndjson", Json },
        { "application/json", Json },
        { "text/event-stream", Sse },
        { "multipart/x-mixed-replace", Tail },
        { "image/png", Tail },
        { "image/*", Tail },
        { "text/html", Html },

        // What clients send by themselves: Firefox and Chromium for a page, for an <img>, for an EventSource, for fetch; Java.
        { "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,image/svg+xml,*/*;q=0.8", Html },
        { "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7", Html },
        { "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", Tail },
        { "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", Tail },
        { "application/json, text/plain, */*", Json },
        { "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", Html },
        { "application/x-ndjson, */*", Json },

        // At equal q: html, sse, json, tail, raw.
        { "text/plain, multipart/x-mixed-replace, application/json, text/event-stream, text/html", Html },
        { "text/plain, multipart/x-mixed-replace, application/json, text/event-stream", Sse },
        { "text/plain, multipart/x-mixed-replace, application/json", Json },
        { "text/plain, multipart/x-mixed-replace", Tail },
        { "*/*, text/event-stream", Sse },
        { "*/*, application/json", Json },
        { "image/png, text/event-stream", Sse },
        { "image/png, */*", Tail },
        { "image/png, text/html", Html },
        { "text/html;q=0.5, application/json;q=0.5", Html },

        // By q-values.
        { "text/html;q=0.9, application/json", Json },
        { "text/event-stream;q=0.2, application/json;q=0.3, text/plain;q=0.1", Json },
        { "text/plain, text/event-stream;q=0.999", Raw },
        { "text/event-stream;q=0.001, text/html;q=0", Sse },
        { "application/json;q=0, application/x-ndjson;q=0.5, text/plain;q=0.4", Json },
        { "text/html;q=0, */*", Raw },
        { "text/html;q=0, image/*", Tail },
        { "image/png;q=0.3, image/webp;q=0.6, text/plain;q=0.5", Tail },
        { "image/png, text/html;q=0.1", Html },
        { "*/*;q=0.1, application/json;q=0.2", Json },
        { "*/*;q=0.5, text/plain;q=0.1, application/json;q=0.3", Json },
        { "application/pdf, */*;q=0.1", Raw },
        { "application/pdf, text/plain;q=0.1", Raw },

        // Ranges and their cases, parameters, spaces and empty items (RFC 9110, sections 5.6 and 12.5.1).
        { "text/*", Raw },
        { "application/*", Json },
        { "multipart/*", Tail },
        { "application/*;q=0.5, text/plain;q=0.4", Json },
        { "TEXT/EVENT-STREAM", Sse },
        { "text/event-stream;charset=utf-8", Sse },
        { "text/event-stream ; q=1.0", Sse },
        { "application/json;Q=0.5", Json },
        { "application/json;version=\"1,2\";q=0.5, text/plain;q=0.4", Json },
        { ", ,application/json,,", Json },
        { "application/json\r\nAccept: text/html;q=0.5", Json },
        { "text/plain;q=0.5\r\nAccept: text/event-stream", Sse },
    };

    public static TheoryData<string> Unacceptable =>
    [
        "application/pdf", "video/*", "text/csv", "text/html;q=0", "*/*;q=0", "text/plain;q=0", "application/json;q=0, text/event-stream;q=0.0", "application/jsonish",
    ];

    public static TheoryData<string, string, string> Named => new()
    {
        { "as=raw", "text/html", Raw },
        { "as=json", "text/plain", Json },
        { "as=sse", "application/json", Sse },
        { "as=tail", "text/event-stream", Tail },
        { "as=raw", "application/pdf", Raw },
        { "as=json\r\nUpgrade: websocket\r\nConnection: Upgrade", "*/*", Json },
        { "poll=1", "text/html", Json },
        { "poll=1&as=json", "text/plain", Json },
        { "poll=1&as=raw", "application/json", Raw },
        { "poll=0&as=sse", "*/*", Sse },
    };

    [Theory(DisplayName = "Accept is weighed by RFC 9110 (q-values); at equal q: html, sse, json, tail, raw")]
    [MemberData(nameof(Accepts))]
    public async Task Accept_OfAClient_ChoosesTheForm(string accept, string type)
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            using var connection = await Http.Open(A, method, $"/{Channel}", null, accept.Length == 0 ? [] : [$"Accept: {accept}"]);
            var head = await connection.ReadHead();
            Assert.Equal((200, "Accept, Last-Event-ID"), (head.Status, head["Vary"]));
            Assert.StartsWith(type, head["Content-Type"], StringComparison.Ordinal);
        }
    }

    [Theory(DisplayName = "What cannot be served is 406")]
    [MemberData(nameof(Unacceptable))]
    public async Task Accept_OfNothingThatThereIs_Is406(string accept)
    {
        var answer = await Http.Get(A, $"/{Channel}", $"Accept: {accept}");
        Problems.Check(answer, 406, "text/event-stream");
        Assert.Equal("Accept, Last-Event-ID", answer["Vary"]);
    }

    [Theory(DisplayName = "?as= wins over Upgrade, which wins over Accept")]
    [MemberData(nameof(Named))]
    public async Task Form_ByName_WinsOverHeaders(string query, string accept, string type)
    {
        var (target, more) = (query.Split("\r\n")[0], query.Split("\r\n")[1..]);
        using var connection = await Http.Open(A, "GET", $"/{Channel}?{target}", null, [$"Accept: {accept}", .. more]);
        var head = await connection.ReadHead();
        Assert.Equal(200, head.Status);
        Assert.StartsWith(type, head["Content-Type"], StringComparison.Ordinal);
    }

    [Fact(DisplayName = "Upgrade: websocket wins over Accept")]
    public async Task Upgrade_WithAnAccept_IsAWebSocket()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}", "Accept: text/html");
        Assert.Equal("HTTP/1.1 101 Switching Protocols", frames.Head.StatusLine);
    }

    [Theory(DisplayName = "?as= something else: 400")]
    [InlineData("as=")]
    [InlineData("as=telegraph")]
    [InlineData("as=JSON")]
    [InlineData("as=html")]
    [InlineData("as=raw&as=json")]
    [InlineData("poll=1&as=sse")]
    [InlineData("poll=1&as=ws")]
    [InlineData("poll=2")]
    [InlineData("poll=true")]
    [InlineData("poll=1&wait=soon")]
    [InlineData("poll=1&wait=5")]
    [InlineData("poll=1&wait=-5s")]
    [InlineData("poll=1&wait=s")]
    public async Task Form_Unknown_Is400(string query) => Problems.Check(await Http.Get(A, $"/{Channel}?{query}"), 400, "is no");

    [Theory(DisplayName = "?as=ws without an upgrade: 426")]
    [InlineData("X-Nothing: 1")]
    [InlineData("Upgrade: websocket")]
    [InlineData("Connection: Upgrade")]
    public async Task WebSocket_WithoutAnUpgrade_Is426(string header)
    {
        var answer = await Http.Get(A, $"/{Channel}?as=ws", header);
        Problems.Check(answer, 426, "Upgrade: websocket");
        Assert.Equal(("websocket", "Upgrade"), (answer["Upgrade"], answer["Connection"]));
    }
}

/// <summary>Contract, part 1: Subscribe: what an answer is like.</summary>
public sealed class SubscribeTests : ConformanceTest
{
    private const string Allowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

    public static TheoryData<string> Queries =>
    [
        "as=raw", "as=json", "as=sse", "as=tail", "poll=1", "poll=1&as=raw", "poll=1&since=gone-7&as=raw", "as=raw&since=gone-7", "as=json&since=gone-7", "as=tail&since=gone-7",
        "poll=1&since=none", "as=x", "as=ws", "since=yesterday", "poll=1&wait=x",
    ];

    [Theory(DisplayName = "Headers go out at once, before the first message; Cache-Control: no-cache, X-Accel-Buffering: no, Vary: Accept, Last-Event-ID")]
    [InlineData("as=raw")]
    [InlineData("as=json")]
    [InlineData("as=sse")]
    [InlineData("as=tail")]
    public async Task Stream_OfASilentChannel_AnswersAtOnce(string query)
    {
        using var connection = await Http.Open(A, "GET", $"/{Channel}?{query}", null);
        var head = await connection.ReadHead().WaitAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(
            ("HTTP/1.1 200 OK", "no-cache", "no", "Accept, Last-Event-ID", "nosniff", "chunked"),
            (head.StatusLine, head["Cache-Control"], head["X-Accel-Buffering"], head["Vary"], head["X-Content-Type-Options"], head["Transfer-Encoding"]));
        Assert.Null(head["Content-Length"]);
        Assert.Null(head["Gateway-Gap"]);
        Assert.NotNull(head["Date"]);
    }

    [Fact(DisplayName = "Accept: text/html: a page that shows the channel live")]
    public async Task Channel_InABrowser_IsAPage()
    {
        var answer = await Http.Get(A, $"/{Channel}", "Accept: text/html");
        Assert.Equal((200, "text/html; charset=utf-8"), (answer.Status, answer["Content-Type"]));
        Assert.Contains("default-src 'none'", answer["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", answer["Content-Security-Policy"], StringComparison.Ordinal);
    }

    [Theory(DisplayName = "HEAD answers as GET would, without a body and without subscribing")]
    [MemberData(nameof(Queries))]
    public async Task Head_OfAnything_IsTheHeadOfGet(string query)
    {
        await Http.Publish(A, Channel, "x");
        using var get = await Http.Open(B, "GET", $"/{Channel}?{query}", null);
        var expected = await get.ReadHead();
        using var connection = await Http.Open(B, "HEAD", $"/{Channel}?{query}", null);
        var head = await connection.ReadHead();
        Assert.Equal(expected.StatusLine, head.StatusLine);
        Assert.Equal(Compared(expected), Compared(head));

        // Nothing of a body: the next answer follows at once.
        if (head["Connection"] != "close" && head["Upgrade"] is null)
        {
            await connection.SendLines($"HEAD /{Channel}?as=json HTTP/1.1", $"Host: {B.Authority}");
            Assert.Equal("HTTP/1.1 200 OK", (await connection.ReadHead()).StatusLine);
        }

        static string[] Compared(Head head) =>
            [.. head.Headers.Where(x => x.Name is not ("Date" or "Transfer-Encoding" or "Content-Length")).Select(x => $"{x.Name}: {x.Value}").Order(StringComparer.Ordinal)];
    }

    [Theory(DisplayName = "HEAD answers as GET would: pages and the system's own")]
    [InlineData("/")]
    [InlineData("/-/health/live")]
    [InlineData("/-/health/ready")]
    [InlineData("/robots.txt")]
    [InlineData("/-/nothing")]
    public async Task Head_OfASystemPath_IsTheHeadOfGet(string path)
    {
        var get = await Http.Get(A, path, "Accept: text/html");
        var head = await Http.Send(A, "HEAD", path, null, "Accept: text/html");
        Assert.Equal((get.Head.StatusLine, get["Content-Type"]), (head.Head.StatusLine, head["Content-Type"]));
        Assert.Empty(head.Body);
    }

    [Theory(DisplayName = "OPTIONS 204 with Allow")]
    [InlineData("/{channel}", Allowed)]
    [InlineData("/numbers", Allowed)]
    [InlineData("*", Allowed)]
    [InlineData("/{channel},{channel}/*", "GET, HEAD, OPTIONS")]
    [InlineData("/-/cluster", "GET, HEAD, OPTIONS")]
    [InlineData("/", "GET, HEAD, OPTIONS")]
    [InlineData("/robots.txt", "GET, HEAD, OPTIONS")]
    public async Task Options_OfAPath_Is204WithAllow(string target, string allowed)
    {
        var answer = await Http.Send(A, "OPTIONS", target.Replace("{channel}", Channel, StringComparison.Ordinal), null);
        Assert.Equal(("HTTP/1.1 204 No Content", allowed), (answer.Head.StatusLine, answer["Allow"]));
    }

    [Theory(DisplayName = "Other methods: 405 with Allow")]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    [InlineData("BREW")]
    [InlineData("get")]
    [InlineData("PROPFIND")]
    public async Task Method_OfNoUse_Is405WithAllow(string method)
    {
        var answer = await Http.Send(A, method, $"/{Channel}", null);
        Problems.Check(answer, 405, method);
        Assert.Equal(Allowed, answer["Allow"]);
    }

    [Theory(DisplayName = "Other methods: 405 with Allow, also for what belongs to the system")]
    [InlineData("POST", "/-/cluster")]
    [InlineData("DELETE", "/-/health/live")]
    [InlineData("POST", "/")]
    [InlineData("PUT", "/robots.txt")]
    public async Task Method_OfNoUseForTheSystem_Is405WithAllow(string method, string path)
    {
        var answer = await Http.Send(A, method, path, "x"u8.ToArray());
        Problems.Check(answer, 405, method);
        Assert.Equal("GET, HEAD, OPTIONS", answer["Allow"]);
    }

    [Fact(DisplayName = "CONNECT: this is no proxy: 405")]
    public async Task Connect_ToAHost_Is405()
    {
        using var connection = await Connection.Open(A, "CONNECT example.com:80 HTTP/1.1", "Host: example.com:80");
        Problems.Check(await connection.ReadAnswer(), 405);
    }

    [Fact(DisplayName = "Since nobody subscribes by HEAD, what is published meanwhile is sent to nobody: the connection takes the next request")]
    public async Task Head_OfAStream_DoesNotSubscribe()
    {
        using var connection = await Http.Open(A, "HEAD", $"/{Channel}?as=raw", null);
        await connection.ReadHead();
        await Http.Publish(B, Channel, "unseen");
        await connection.SendLines($"GET /{Channel}?poll=1&as=raw HTTP/1.1", $"Host: {A.Authority}");
        Assert.Equal("unseen\n", (await connection.ReadAnswer()).Text);
    }
}

/// <summary>Contract, part 1: Subscribe: CORS, and the <c>Origin</c> of a WebSocket.</summary>
public sealed class Origins : ConformanceTest
{
    /// <summary>The origin that the nodes of these tests are told to allow.</summary>
    public const string Configured = "https://app.example";

    public static TheoryData<string> Foreign => ["http://evil.example", "null", "https://{own}", "http://localhost:1", "http://app.example", "https://app.example.evil.example", "file://"];

    [Fact(DisplayName = "The cluster's own nodes allow each other's pages, on loopback under each of its names")]
    public async Task Origin_OfAnotherNode_IsAllowed()
    {
        foreach (var peer in new[] { A, B, C })
        {
            foreach (var host in peer.IsLoopback ? new[] { "localhost", "127.0.0.1", "[::1]" } : [peer.Host])
            {
                var origin = $"http://{host}:{peer.Port}";
                var answer = await Http.Post(A, $"/{Channel}", "x", $"Origin: {origin}");
                Assert.Equal(200, answer.Status);
                if (origin != $"http://{A.Authority}")
                {
                    Assert.Equal((origin, "Origin"), (answer["Access-Control-Allow-Origin"], answer["Vary"]));
                    Assert.Contains("Message-Id", answer["Access-Control-Expose-Headers"], StringComparison.Ordinal);
                }

                using var stream = await Http.Open(A, "GET", $"/{Channel}?as=sse", null, $"Origin: {origin}");
                Assert.Equal(origin == $"http://{A.Authority}" ? null : origin, (await stream.ReadHead())["Access-Control-Allow-Origin"]);
                using var frames = await FrameClient.Open(A, $"/{Channel}", $"Origin: {origin}");
                Assert.Equal(101, frames.Head.Status);
            }
        }
    }

    [Theory(DisplayName = "Other origins by setting, none by default: 403 for what publishes, deletes or opens a WebSocket, and no CORS header for what reads")]
    [MemberData(nameof(Foreign))]
    public async Task Origin_Foreign_IsRefused(string origin)
    {
        origin = origin.Replace("{own}", $"{A.Host}:1", StringComparison.Ordinal);
        foreach (var method in new[] { "POST", "PUT", "DELETE" })
        {
            var answer = await Http.Send(A, method, $"/{Channel}", "x"u8.ToArray(), $"Origin: {origin}");
            Problems.Check(answer, 403, origin);
            Assert.Null(answer["Access-Control-Allow-Origin"]);
        }

        using (var frames = await FrameClient.Open(A, $"/{Channel}", $"Origin: {origin}"))
        {
            Assert.Equal(403, frames.Head.Status);
        }

        var read = await Http.Get(A, $"/{Channel}?poll=1", $"Origin: {origin}");
        Assert.Equal((200, null), (read.Status, read["Access-Control-Allow-Origin"]));
        Assert.Empty(read.Text);
    }

    [Fact(DisplayName = "A preflight is answered with what is allowed")]
    public async Task Preflight_OfAnotherNodesPage_SaysMethodsAndHeaders()
    {
        var origin = $"http://localhost:{B.Port}";
        var answer = await Http.Send(
            A, "OPTIONS", $"/{Channel}", null, $"Origin: {origin}", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: idempotency-key,content-type");
        Assert.Equal((204, origin), (answer.Status, answer["Access-Control-Allow-Origin"]));
        foreach (var method in new[] { "GET", "HEAD", "POST", "PUT", "DELETE" })
        {
            Assert.Contains(method, answer["Access-Control-Allow-Methods"], StringComparison.Ordinal);
        }

        foreach (var header in new[] { "Idempotency-Key", "Content-Type", "Last-Event-ID" })
        {
            Assert.Contains(header, answer["Access-Control-Allow-Headers"], StringComparison.Ordinal);
        }

        var foreign = await Http.Send(A, "OPTIONS", $"/{Channel}", null, "Origin: http://evil.example", "Access-Control-Request-Method: PUT");
        Assert.Equal((204, null, null), (foreign.Status, foreign["Access-Control-Allow-Origin"], foreign["Access-Control-Allow-Methods"]));
    }

    [OwnNodesFact(DisplayName = "Other origins by setting")]
    public async Task Origin_Configured_IsAllowed()
    {
        var answer = await Http.Post(A, $"/{Channel}", "x", $"Origin: {Configured}");
        Assert.Equal((200, Configured), (answer.Status, answer["Access-Control-Allow-Origin"]));
    }

    [Fact(DisplayName = "A page can read what was wrong: errors carry the CORS headers too")]
    public async Task Origin_OfAnotherNode_CanReadErrors()
    {
        var origin = $"http://localhost:{B.Port}";
        foreach (var target in new[] { "/a//b", $"/{Channel}?as=x", "/-/nothing" })
        {
            var answer = await Http.Get(A, target, $"Origin: {origin}");
            Problems.Check(answer, answer.Status);
            Assert.Equal(origin, answer["Access-Control-Allow-Origin"]);
        }
    }
}
