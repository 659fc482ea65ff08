using System.Text;

namespace OrleansGateway.Tests.Conformance.Http1;

/// <summary>HTTP/1.1 and 1.0 as RFC 9110 and RFC 9112 have them, byte by byte.</summary>
public sealed class RequestTests : ConformanceTest
{
    public static TheoryData<string, string> Chunks => new()
    {
        { "5\r\nhello\r\n0\r\n\r\n", "hello" },
        { "1\r\nh\r\n1\r\ne\r\n3\r\nllo\r\n0\r\n\r\n", "hello" },
        { "5;name=value\r\nhello\r\n0;last\r\n\r\n", "hello" },
        { "5;quoted=\"a b\"\r\nhello\r\n0\r\n\r\n", "hello" },
        { "005\r\nhello\r\n000\r\n\r\n", "hello" },
        { "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789" },
        { "5\r\nhello\r\n0\r\nTrailer-Field: x\r\nAnother: y\r\n\r\n", "hello" },
        { "2\r\n\r\n\r\n0\r\n\r\n", "\r\n" },
        { "0\r\n\r\n", "" },
    };

    public static TheoryData<string> BadChunks => ["x\r\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "-1\r\n\r\n", "5 5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "\r\n"];

    public static TheoryData<string, string[]> BadHosts => new()
    {
        { "no Host", [] },
        { "two Hosts", ["Host: a", "Host: b"] },
        { "two Hosts that are the same", ["Host: a", "Host: a"] },
        { "a Host with a path", ["Host: a/b"] },
        { "a Host with a space", ["Host: a b"] },
        { "a Host with a user", ["Host: user@a"] },
        { "a Host with a port that is no number", ["Host: a:b"] },
    };

    [Theory(DisplayName = "RFC 9110, 10.1.1: Expect: 100-continue is answered with 100 before the body is sent, and then with the answer")]
    [InlineData("POST", "Content-Length: 5", "hello")]
    [InlineData("PUT", "Content-Length: 5", "hello")]
    [InlineData("POST", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    public async Task Expect_Continue_IsAnsweredFirst(string method, string framing, string body)
    {
        using var connection = await Connection.Open(A, $"{method} /{Channel} HTTP/1.1", $"Host: {A.Authority}", "Expect: 100-continue", framing);
        Assert.Equal("HTTP/1.1 100 Continue", (await connection.ReadHead()).StatusLine);
        await connection.Send(body);
        Assert.Equal(200, (await connection.ReadAnswer()).Status);
        Assert.Equal(["hello"], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "RFC 9110, 10.1.1: what will be refused anyway is refused instead of 100")]
    [InlineData("/{channel}", "Content-Length: 1048577", 413)]
    [InlineData("/{channel}", "Content-Length: 5\r\nContent-Encoding: gzip", 415)]
    [InlineData("/numbers", "Content-Length: 5", 403)]
    [InlineData("/a//b", "Content-Length: 5", 400)]
    public async Task Expect_OfWhatIsRefused_IsNotContinued(string target, string headers, int status)
    {
        using var connection = await Connection.Open(
            A, $"POST {target.Replace("{channel}", Channel, StringComparison.Ordinal)} HTTP/1.1", $"Host: {A.Authority}", "Expect: 100-continue", headers);
        Problems.Check(await connection.ReadAnswer(), status);
    }

    [Theory(DisplayName = "RFC 9112, 7.1: a chunked body, with extensions and trailers, however its bytes are split")]
    [MemberData(nameof(Chunks))]
    public async Task Body_InChunks_IsTheMessage(string chunks, string message)
    {
        foreach (var split in new[] { false, true })
        {
            using var connection = await Connection.Open(A, $"POST /{Channel} HTTP/1.1", $"Host: {A.Authority}", "Transfer-Encoding: chunked");
            if (split)
            {
                foreach (var one in chunks)
                {
                    await connection.Send($"{one}");
                    await Task.Yield();
                }
            }
            else
            {
                await connection.Send(chunks);
            }

            Assert.Equal(200, (await connection.ReadAnswer()).Status);
        }

        Assert.Equal([message, message], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "RFC 9112, 7.1: a chunked body that is malformed is 400, a problem too, and publishes nothing")]
    [MemberData(nameof(BadChunks))]
    public async Task Body_InMalformedChunks_Is400(string chunks)
    {
        using var connection = await Connection.Open(A, $"POST /{Channel} HTTP/1.1", $"Host: {A.Authority}", "Transfer-Encoding: chunked");
        await connection.Send(chunks);
        Problems.Check(await connection.ReadAnswer(), 400);
        Assert.Empty(await connection.ReadToEnd());
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "RFC 9112, 6: a body whose end is not known for sure is refused, so nobody smuggles a request")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6")]
    [InlineData("Content-Length: 5, 6")]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: five")]
    [InlineData("Transfer-Encoding: gzip")]
    [InlineData("Transfer-Encoding: chunked, gzip")]
    [InlineData("Transfer-Encoding : chunked")]
    public async Task Body_OfUnclearLength_IsRefused(string header)
    {
        using var connection = await Connection.Open(A, $"POST /{Channel} HTTP/1.1", $"Host: {A.Authority}", header);
        await connection.Send("hello\r\n\r\n");
        Assert.Contains((await connection.ReadHead()).Status, new[] { 400, 411, 501 });
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "RFC 9112, 9.3.2: pipelined requests are answered in their order")]
    public async Task Requests_Pipelined_AreAnsweredInOrder()
    {
        using var connection = await Connection.Open(A);
        var requests = new StringBuilder();
        for (var i = 0; i < 50; i++)
        {
            requests.Append($"POST /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\nContent-Length: 2\r\n\r\n{i:00}");
            requests.Append($"PUT /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
        }

        requests.Append($"GET /{Channel}?poll=1&as=raw HTTP/1.1\r\nHost: {A.Authority}\r\n\r\n");
        requests.Append($"GET /a//b HTTP/1.1\r\nHost: {A.Authority}\r\n\r\n");
        requests.Append($"HEAD /{Channel}?as=sse HTTP/1.1\r\nHost: {A.Authority}\r\nConnection: close\r\n\r\n");
        await connection.Send(requests.ToString());
        for (var i = 1; i <= 100; i++)
        {
            Assert.EndsWith($"-{i}", (await connection.ReadAnswer())["Message-Id"], StringComparison.Ordinal);
        }

        Assert.Equal(string.Concat(Enumerable.Range(0, 50).Select(x => $"{x:00}\nx\n")), (await connection.ReadAnswer()).Text);
        Problems.Check(await connection.ReadAnswer(), 400, "empty segment");
        Assert.Equal((200, "close"), ((await connection.ReadHead()) is var head ? (head.Status, head["Connection"]) : default));
        Assert.Empty(await connection.ReadToEnd());
    }

    [Fact(DisplayName = "RFC 9112, 9.3: after an answer, also a refusal, the connection takes the next request")]
    public async Task Connection_AfterARefusal_GoesOn()
    {
        using var connection = await Connection.Open(A);
        for (var i = 0; i < 3; i++)
        {
            foreach (var (head, status) in new[]
            {
                ("POST /a//b", 400), ("POST /numbers", 403), ("PATCH /x", 405), ($"POST /{Channel}", 200), ("POST /-/cluster", 405),
            })
            {
                await connection.SendLines($"{head} HTTP/1.1", $"Host: {A.Authority}", "Content-Length: 5");
                await connection.Send("hello");
                Assert.Equal(status, (await connection.ReadAnswer()).Status);
            }
        }
    }

    [Theory(DisplayName = "HTTP/1.0: an answer has no chunks: a stream goes up to the connection's end")]
    [InlineData("raw", "\nfirst\n")]
    [InlineData("sse", "data: first\n\n")]
    public async Task Stream_OverHttp10_HasNoChunks(string form, string expected)
    {
        using var connection = await Connection.Open(A, $"GET /{Channel}?as={form} HTTP/1.0");
        var head = await connection.ReadHead();
        Assert.Equal((200, null, null), (head.Status, head["Transfer-Encoding"], head["Content-Length"]));
        await Http.Publish(B, Channel, "first");
        var body = new List<byte>();
        while (!Encoding.UTF8.GetString([.. body]).EndsWith(expected, StringComparison.Ordinal))
        {
            body.AddRange(await connection.ReadExactly(1));
        }

        await Http.Send(B, "DELETE", $"/{Channel}", null);
        await connection.ReadToEnd();
    }

    [Fact(DisplayName = "HTTP/1.0: without keep-alive the connection ends after the answer, with it the next request is taken")]
    public async Task Publish_OverHttp10_KeepsAliveWhereAsked()
    {
        using (var once = await Connection.Open(A, $"POST /{Channel} HTTP/1.0", "Content-Length: 1"))
        {
            await once.Send("1");
            Assert.Equal("OK\n", (await once.ReadAnswer()).Text);
            Assert.Empty(await once.ReadToEnd());
        }

        using var kept = await Connection.Open(A);
        foreach (var text in new[] { "2", "3" })
        {
            await kept.SendLines($"POST /{Channel} HTTP/1.0", "Connection: keep-alive", "Content-Length: 1");
            await kept.Send(text);
            var answer = await kept.ReadAnswer();
            Assert.Equal(("OK\n", "keep-alive"), (answer.Text, answer["Connection"]));
        }

        await kept.SendLines($"GET /{Channel}?poll=1&as=raw HTTP/1.0");
        Assert.Equal("1\n2\n3\n", (await kept.ReadAnswer()).Text);
        Assert.Empty(await kept.ReadToEnd());
    }

    [Theory(DisplayName = "RFC 9112, 3.2: a target in absolute form is the path in it")]
    [InlineData("http://{host}/{channel}")]
    [InlineData("http://elsewhere.example/{channel}?x=http://y/z")]
    [InlineData("https://elsewhere.example:443/{channel}")]
    public async Task Target_InAbsoluteForm_IsItsPath(string target)
    {
        target = target.Replace("{host}", A.Authority, StringComparison.Ordinal).Replace("{channel}", Channel, StringComparison.Ordinal);
        var host = new Uri(target).Authority;
        using var connection = await Connection.Open(A, $"POST {target} HTTP/1.1", $"Host: {host}", "Content-Length: 1");
        await connection.Send("x");
        Assert.Equal(200, (await connection.ReadAnswer()).Status);
        Assert.Equal(["x"], await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "RFC 9112, 3.2: the system's own paths in absolute form are the system's too")]
    public async Task SystemPath_InAbsoluteForm_IsTheSystems()
    {
        using var connection = await Connection.Open(A, $"GET http://{A.Authority}/-/health/live HTTP/1.1", $"Host: {A.Authority}");
        Assert.Equal("OK\n", (await connection.ReadAnswer()).Text);
        using var home = await Connection.Open(A, $"GET http://{A.Authority} HTTP/1.1", $"Host: {A.Authority}");
        Assert.Contains("curl", (await home.ReadAnswer()).Text, StringComparison.Ordinal);
    }

    // What is wrong with the request itself the server answers before any of the gateway's own code sees it: without a body.
    [Theory(DisplayName = "RFC 9112, 3.2: no Host, two, or a malformed one: 400")]
    [MemberData(nameof(BadHosts))]
    public async Task Host_MissingOrMalformed_Is400(string what, string[] headers)
    {
        using var connection = await Connection.Open(A, [$"GET /{Channel}?poll=1 HTTP/1.1", .. headers]);
        Assert.True(400 == (await connection.ReadHead()).Status, what);
    }

    [Theory(DisplayName = "RFC 9112, 3: what is no request is 400, and the connection ends")]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("GET\r\n\r\n")]
    [InlineData("GET /x\r\n\r\n")]
    [InlineData("GET /x HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n")]
    [InlineData("GET /x HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n")]
    [InlineData("GET x HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /x HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n")]
    public async Task Request_ThatIsNone_Is400(string bytes)
    {
        using var connection = await Connection.Open(A);
        await connection.Send(bytes);
        Assert.Contains((await connection.ReadAnswer()).Status, new[] { 400, 405 });
        Assert.Empty(await connection.ReadToEnd());
    }

    [Fact(DisplayName = "A version of HTTP that is not spoken: 505")]
    public async Task Version_Unknown_Is505()
    {
        using var connection = await Connection.Open(A, "GET /x HTTP/3.0", "Host: a");
        Assert.Equal(505, (await connection.ReadHead()).Status);
    }

    [Theory(DisplayName = "The request line has up to 16 KB; a longer one is 414")]
    [InlineData(16_000, 200)]
    [InlineData(16_384, 200)]
    [InlineData(16_385, 414)]
    [InlineData(20_000, 414)]
    [InlineData(200_000, 414)]
    public async Task RequestLine_Long_IsLimited(int length, int status)
    {
        var line = $"GET /{Channel}?poll=1&x= HTTP/1.1";
        line = line.Replace("x=", "x=" + new string('x', length - line.Length), StringComparison.Ordinal);
        using var connection = await Connection.Open(A, line, $"Host: {A.Authority}");
        var answer = await connection.ReadAnswer();
        Assert.Equal(status, answer.Status);
        if (length is > 16_384 and <= 20_000)
        {
            Problems.Check(answer, 414, "16384");
        }
    }

    [Theory(DisplayName = "Headers that are too many or too large: 431")]
    [InlineData(1, 30_000, 200)]
    [InlineData(1, 40_000, 431)]
    [InlineData(90, 10, 200)]
    [InlineData(200, 10, 431)]
    public async Task Headers_Large_AreLimited(int count, int length, int status)
    {
        using var connection = await Connection.Open(A, [$"GET /{Channel}?poll=1 HTTP/1.1", $"Host: {A.Authority}", .. Enumerable.Range(0, count).Select(x => $"X-{x}: {new string('x', length)}")]);
        Assert.Equal(status, (await connection.ReadHead()).Status);
    }

    [Theory(DisplayName = "A client that has sent its FIN after the request gets its answer")]
    [InlineData("POST", "", "OK\n")]
    [InlineData("PUT", "", "OK\n")]
    [InlineData("GET", "?poll=1&as=raw", "before\n")]
    [InlineData("GET", "?poll=1&as=raw&since=none&wait=1s", "")]
    [InlineData("DELETE", "", "")]
    public async Task HalfClosed_AfterARequest_GetsItsAnswer(string method, string query, string expected)
    {
        await Http.Publish(B, Channel, "before");
        for (var i = 0; i < 10; i++)
        {
            using var connection = await Connection.Open(A, $"{method} /{Channel}{query} HTTP/1.1", $"Host: {A.Authority}", $"Content-Length: {(method is "GET" or "DELETE" ? 0 : 1)}");
            await connection.Send(method is "GET" or "DELETE" ? string.Empty : "x");
            connection.EndSending();
            var answer = await connection.ReadAnswer();
            Assert.InRange(answer.Status, 200, 204);
            Assert.Equal(expected, answer.Text);
            Assert.Empty(await connection.ReadToEnd());
            if (method == "DELETE" || query.Contains("wait", StringComparison.Ordinal))
            {
                break;
            }
        }
    }

    [Theory(DisplayName = "A client that has sent its FIN after a GET gets the stream: printf 'GET …' | nc")]
    [InlineData("raw")]
    [InlineData("json")]
    [InlineData("sse")]
    public async Task HalfClosed_AfterAGet_GetsTheStream(string form)
    {
        using var connection = await Connection.Open(A, $"GET /{Channel}?as={form} HTTP/1.1", "Host: a");
        connection.EndSending();
        var body = new StreamReader(connection.BodyOf(await connection.ReadHead()));
        for (var i = 0; i < 3; i++)
        {
            await Http.Publish(B, Channel, $"message {i}");
            string? line;
            do
            {
                line = await body.ReadLineAsync().WaitAsync(Connection.Patience);
                Assert.NotNull(line);
            }
            while (!line.Contains($"message {i}", StringComparison.Ordinal));
        }
    }

    [Fact(DisplayName = "A body that ends before its length is no message")]
    public async Task Body_CutOff_IsNoMessage()
    {
        using (var connection = await Connection.Open(A, $"POST /{Channel} HTTP/1.1", $"Host: {A.Authority}", "Content-Length: 10"))
        {
            await connection.Send("12345");
            connection.EndSending();

            // No answer need come: it ends, in one way or the other.
            await connection.ReadToEnd().ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        Assert.Empty(await Http.Texts(B, Channel));
    }
}
