using System.Text;

namespace OrleansGateway.Tests.Conformance.Http1;

/// <summary>Requests of all kinds on one connection, whoever in the node serves each.</summary>
public sealed class MixedTests : ConformanceTest
{
    private const int Limit = 1024 * 1024;

    [Fact(DisplayName = "Publishes one by one and pipelined, a stream that ends, a poll, a DELETE, another stream: each is answered on the one connection, in order")]
    public async Task Connection_RequestsOfAllKinds_AnswersEachInOrder()
    {
        using var connection = await Connection.Open(A);
        Assert.Equal(1, await Publish(connection, "first"));
        await connection.Send(string.Concat(Enumerable.Range(2, 100).Select(x => Post($"{x}"))));
        for (var i = 2; i <= 101; i++)
        {
            Assert.Equal(i, Offset(await connection.ReadAnswer()));
        }

        await StreamUntilDeleted(connection);
        Assert.Equal(1, await Publish(connection, "after the stream"));

        await connection.Send(Get("?poll=1&as=raw"));
        Assert.Equal("after the stream\n", (await connection.ReadAnswer()).Text);
        Assert.Equal(2, await Publish(connection, "after the poll"));
        await connection.Send(Post("before the DELETE") + Delete());
        Assert.Equal(3, Offset(await connection.ReadAnswer()));
        Assert.Equal(204, (await connection.ReadAnswer()).Status);

        await StreamUntilDeleted(connection);
        Assert.Equal(1, await Publish(connection, "last"));
        Assert.Equal(["last"], await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "The web server's requests may come first: publishes and streams go on after them")]
    public async Task Connection_APollFirst_AnswersEachInOrder()
    {
        using var connection = await Connection.Open(A);
        await connection.Send(Get("?poll=1") + Post("1") + Delete() + Post("2") + Get("?poll=1&as=raw"));
        Assert.Empty((await connection.ReadAnswer()).Body);
        Assert.Equal(1, Offset(await connection.ReadAnswer()));
        Assert.Equal(204, (await connection.ReadAnswer()).Status);
        Assert.Equal(1, Offset(await connection.ReadAnswer()));
        Assert.Equal("2\n", (await connection.ReadAnswer()).Text);
        await StreamUntilDeleted(connection);
        Assert.Equal(1, await Publish(connection, "3"));
    }

    [Fact(DisplayName = "Requests that come behind that of a stream, with it or later, are answered when it has ended")]
    public async Task Stream_RequestsBehindIt_AreAnsweredAfterIt()
    {
        using var connection = await Connection.Open(A);
        await connection.Send(Get("?as=raw") + Post("one"));
        var head = await connection.ReadHead();
        Assert.Equal("\n"u8.ToArray(), await connection.ReadChunk());
        await connection.Send(Post("two") + Get("?poll=1&as=raw"));
        await Http.Publish(B, Channel, "of the stream");
        Assert.Equal("of the stream\n", await NextOf(connection));
        Assert.Equal(204, (await Http.Send(B, "DELETE", $"/{Channel}", null)).Status);
        Assert.Equal("", await NextOf(connection));
        Assert.Equal(("chunked", 1, 2), (head["Transfer-Encoding"], Offset(await connection.ReadAnswer()), Offset(await connection.ReadAnswer())));
        Assert.Equal("one\ntwo\n", (await connection.ReadAnswer()).Text);
    }

    [Theory(DisplayName = "Garbage behind a stream's request, with it or later, hurts the stream in nothing: it is answered 400 when that has ended, and the connection ends")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_GarbageBehindIt_Is400AfterIt(bool comesAtOnce)
    {
        const string Garbage = "\u0001\u0002 no request at all\r\n\r\n";
        using var connection = await Connection.Open(A);
        await connection.Send(Get("?as=raw") + (comesAtOnce ? Garbage : string.Empty));
        await connection.ReadHead();
        Assert.Equal("\n"u8.ToArray(), await connection.ReadChunk());
        await connection.Send(comesAtOnce ? string.Empty : Garbage);
        for (var i = 0; i < 10; i++)
        {
            await Http.Publish(B, Channel, $"{i}");
            Assert.Equal($"{i}\n", await NextOf(connection));
        }

        await Http.Send(B, "DELETE", $"/{Channel}", null);
        Assert.Equal("", await NextOf(connection));
        Assert.Equal(400, (await connection.ReadAnswer()).Status);
        Assert.Empty(await connection.ReadToEnd());
    }

    [Theory(DisplayName = "Clients that reset their connection with a DELETE under way harm nobody")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reset_BehindAPublish_LeavesTheNodeAlive(bool takesTheFirstAnswer)
    {
        using var other = await Subscription.Open(A, $"{Channel}/other", "raw");
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
        {
            // Each has a channel of its own: nobody waits for another's deletion.
            using var connection = await Connection.Open(A);
            await connection.Send((Post("x") + Delete()).Replace(Channel, $"{Channel}/{i}", StringComparison.Ordinal));
            if (takesTheFirstAnswer)
            {
                Assert.Equal(200, (await connection.ReadAnswer()).Status);
            }

            connection.Reset();
        });
        foreach (var node in new[] { A, B, C })
        {
            await Http.Publish(node, $"{Channel}/other", $"by {node.Port}");
            Assert.Equal($"by {node.Port}", await other.NextText());
        }

        using var again = await Connection.Open(A);
        await Publish(again, "still");
        await again.Send(Delete() + Post("there"));
        Assert.Equal(204, (await again.ReadAnswer()).Status);
        Assert.Equal(1, Offset(await again.ReadAnswer()));
    }

    [Fact(DisplayName = "Five hundred clients that come and go at once, with a FIN or a RST, some in the midst of a request: a subscriber of the same node misses nothing")]
    public async Task Connections_ThatComeAndGo_DisturbNoSubscriber()
    {
        string[] beginnings = ["", "G", $"POST /{Channel}/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", $"GET /{Channel}/x?as=sse HTTP/1.1\r\nHost: a\r\n\r\n"];
        using var subscriber = await Subscription.Open(A, Channel, "raw");
        for (var i = 0; i < 500; i++)
        {
            using var connection = await Connection.Open(A);
            await connection.Send(beginnings[i / 2 % beginnings.Length]);
            if (i % 2 == 0)
            {
                connection.Reset();
            }

            if (i % 10 == 0)
            {
                await Http.Publish(B, Channel, $"{i}");
                Assert.Equal($"{i}", await subscriber.NextText());
            }
        }

        await Http.Publish(B, Channel, "last");
        Assert.Equal("last", await subscriber.NextText());
        Assert.Empty(await Http.Texts(B, $"{Channel}/x"));
    }

    [Fact(DisplayName = "Publishes of which each byte comes alone")]
    public async Task Publish_ByteByByte_IsTaken()
    {
        using var connection = await Connection.Open(A);
        foreach (var one in Post("first") + Post("second"))
        {
            await connection.Send($"{one}");
            await Task.Yield();
        }

        Assert.Equal((1, 2), (Offset(await connection.ReadAnswer()), Offset(await connection.ReadAnswer())));
        Assert.Equal(["first", "second"], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "A body that comes in pieces, with other requests to the node between, is one message")]
    [InlineData(1, 5)]
    [InlineData(7_000, 4)]
    [InlineData(20_000, 4)]
    public async Task Publish_BodyInPieces_IsOneMessage(int size, int count)
    {
        using var connection = await Connection.Open(A, $"POST /{Channel} HTTP/1.1", $"Host: {A.Authority}", $"Content-Length: {size * count}");
        for (var i = 0; i < count; i++)
        {
            // The node has looked at what came before.
            await Http.Publish(A, $"{Channel}/other", "x");
            await connection.Send(new string((char)('a' + i), size));
        }

        Assert.Equal(1, Offset(await connection.ReadAnswer()));
        Assert.Equal([string.Concat(Enumerable.Range(0, count).Select(x => new string((char)('a' + x), size)))], await Http.Texts(B, Channel));
        Assert.Equal(2, await Publish(connection, "next"));
    }

    [Fact(DisplayName = "Messages of all sizes, small after large and large after small, on one connection")]
    public async Task Publish_BodiesOfAllSizes_AreTakenOnOneConnection()
    {
        int[] sizes = [0, 1, 30 * 1024, 1, 32 * 1024, 0, 40 * 1024, 1, Limit, 1, 30 * 1024];
        using var connection = await Connection.Open(A);
        foreach (var (size, i) in sizes.Select((x, i) => (x, i)))
        {
            Assert.Equal(i + 1, await Publish(connection, new string((char)('a' + i), size)));
        }

        Assert.Equal(sizes.Select((x, i) => new string((char)('a' + i), x)), await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "413 for one that is too large, behind one that is not")]
    [InlineData(Limit + 1)]
    [InlineData(99_999_999)]
    [InlineData(100_000_000)]
    public async Task Publish_TooLargeBehindAnother_Is413(int length)
    {
        using var connection = await Connection.Open(A);
        await connection.Send(Post("fits") + $"POST /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\nContent-Length: {length}\r\n\r\n");
        Assert.Equal(1, Offset(await connection.ReadAnswer()));
        Problems.Check(await connection.ReadAnswer(), 413, "1048576 bytes");
        Assert.Equal(["fits"], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "A head of any size up to the limit, whatever comes with it")]
    [InlineData(7 * 1024)]
    [InlineData(8 * 1024)]
    [InlineData(9 * 1024)]
    public async Task Head_Long_IsRead(int bytes)
    {
        using var connection = await Connection.Open(A);
        var start = $"POST /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\nContent-Length: 4\r\nX-Long: ";
        for (var length = bytes - 2; length <= bytes + 2; length++)
        {
            await connection.Send($"{start}{new string('x', length - start.Length - 4)}\r\n\r\nbody");
            Assert.Equal(length - bytes + 3, Offset(await connection.ReadAnswer()));
        }

        await connection.Send($"GET /{Channel}?as=json HTTP/1.1\r\nHost: {A.Authority}\r\nX-Long: {new string('x', bytes)}\r\n\r\n");
        var lines = new StreamReader(connection.BodyOf(await connection.ReadHead()));
        Assert.Contains("\"open\"", await lines.ReadLineAsync().WaitAsync(Connection.Patience), StringComparison.Ordinal);
        await Http.Publish(B, Channel, "then");
        Assert.Contains("\"then\"", await lines.ReadLineAsync().WaitAsync(Connection.Patience), StringComparison.Ordinal);
    }

    [Fact(DisplayName = "Connection: close ends the connection after the answer, also of a stream, and behind other requests")]
    public async Task ConnectionClose_OnAnyRequest_EndsItAfterTheAnswer()
    {
        using (var connection = await Connection.Open(A))
        {
            await connection.Send(Post("1") + Post("2", "Connection: close") + Post("not any more"));
            Assert.Equal(1, Offset(await connection.ReadAnswer()));
            var answer = await connection.ReadAnswer();
            Assert.Equal((2, "close"), (Offset(answer), answer["Connection"]));

            // With a FIN or, since something was not read, a RST.
            await connection.ReadToEnd().ContinueWith(static x => Assert.Empty(x.IsFaulted ? [] : x.Result), TaskScheduler.Default);
        }

        using var stream = await Connection.Open(A);
        await stream.Send(Get("?as=raw", "Connection: close"));
        Assert.Equal("close", (await stream.ReadHead())["Connection"]);
        Assert.Equal("\n"u8.ToArray(), await stream.ReadChunk());
        await Http.Publish(B, Channel, "3");
        Assert.Equal("3\n", await NextOf(stream));
        Assert.Equal(["1", "2", "3"], await Http.Texts(B, Channel));
        await Http.Send(B, "DELETE", $"/{Channel}", null);
        Assert.Equal("", await NextOf(stream));
        Assert.Empty(await stream.ReadToEnd());
    }

    [Fact(DisplayName = "HTTP/1.0 behind HTTP/1.1 on one connection: answered, and the connection ends")]
    public async Task Http10_BehindHttp11_IsAnswered()
    {
        using var connection = await Connection.Open(A);
        await connection.Send(Post("1") + Post("2") + $"POST /{Channel} HTTP/1.0\r\nContent-Length: 1\r\n\r\n3");
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(i, Offset(await connection.ReadAnswer()));
        }

        Assert.Empty(await connection.ReadToEnd());
        Assert.Equal(["1", "2", "3"], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "RFC 6455, 4.1: frames that come in the same write as the handshake are frames")]
    [InlineData(1, 5)]
    [InlineData(20, 100)]
    [InlineData(3, 20_000)]
    public async Task WebSocket_FramesBehindTheHandshake_ArePublished(int count, int size)
    {
        var texts = Enumerable.Range(0, count).Select(x => new string((char)('a' + x), size)).ToArray();
        var frames = texts.SelectMany(x => FrameClient.Frame(FrameClient.Final | FrameClient.Text, x)).ToArray();
        using var socket = await FrameClient.Open(A, $"/{Channel}", [.. frames, .. FrameClient.Frame(FrameClient.Final | FrameClient.Ping, "ping")]);
        Assert.Equal(101, socket.Head.Status);
        await Harness.Until.True(async () => (await Http.Texts(B, Channel)).Length == count, "all are published");
        Assert.Equal(texts, await Http.Texts(B, Channel));
        var (pongs, come) = (0, new List<string>());
        while (pongs == 0 || come.Count < count)
        {
            var (first, text) = await socket.ReadText();
            pongs += first == (FrameClient.Final | FrameClient.Pong) ? 1 : 0;
            come.AddRange(first == (FrameClient.Final | FrameClient.Text) ? [text] : []);
        }

        Assert.Equal((1, true), (pongs, come.SequenceEqual(texts)));
    }

    [Fact(DisplayName = "A WebSocket behind publishes on one connection, and frames right behind its handshake")]
    public async Task WebSocket_BehindPublishes_Works()
    {
        using var connection = await Connection.Open(A);
        var handshake = $"GET /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {FrameClient.Key}\r\n\r\n";
        await connection.SendBytes((byte[])[.. Encoding.ASCII.GetBytes(Post("1") + Post("2") + handshake), .. FrameClient.Frame(FrameClient.Final | FrameClient.Text, "3")]);
        Assert.Equal((1, 2), (Offset(await connection.ReadAnswer()), Offset(await connection.ReadAnswer())));
        var head = await connection.ReadHead();
        Assert.Equal((101, FrameClient.Accept), (head.Status, head["Sec-WebSocket-Accept"]));
        Assert.Equal((byte[])[FrameClient.Final | FrameClient.Text, 1, (byte)'3'], await connection.ReadExactly(3));
        Assert.Equal(["1", "2", "3"], await Http.Texts(B, Channel));
    }

    private string Post(string body, params string[] headers) => Request("POST", string.Empty, [$"Content-Length: {body.Length}", .. headers]) + body;

    private string Get(string query, params string[] headers) => Request("GET", query, headers);

    private string Delete() => Request("DELETE", string.Empty);

    private string Request(string method, string query, params string[] headers) =>
        $"{method} /{Channel}{query} HTTP/1.1\r\nHost: {A.Authority}\r\n{string.Concat(headers.Select(x => x + "\r\n"))}\r\n";

    private async Task<int> Publish(Connection connection, string body)
    {
        await connection.Send(Post(body));
        return Offset(await connection.ReadAnswer());
    }

    private async Task StreamUntilDeleted(Connection connection)
    {
        await connection.Send(Get("?as=sse"));
        var head = await connection.ReadHead();
        Assert.Equal((200, "text/event-stream"), (head.Status, head["Content-Type"]));
        var body = connection.BodyOf(head);
        using var lines = new StreamReader(body, leaveOpen: true);
        Assert.StartsWith("retry: ", await lines.ReadLineAsync().WaitAsync(Connection.Patience), StringComparison.Ordinal);
        await Http.Publish(B, Channel, "live");
        for (string? line; (line = await lines.ReadLineAsync().WaitAsync(Connection.Patience)) != "data: live";)
        {
            Assert.True(line is not null, "the stream ended before its message");
        }

        Assert.Equal(204, (await Http.Send(B, "DELETE", $"/{Channel}", null)).Status);
        Assert.EndsWith($"event: end\ndata: {{\"channel\":\"{Channel}\",\"reason\":\"deleted\"}}\n\n", await lines.ReadToEndAsync().WaitAsync(Connection.Patience), StringComparison.Ordinal);
    }

    // Without the keep-alives between.
    private static async Task<string> NextOf(Connection raw)
    {
        while (true)
        {
            var chunk = Encoding.UTF8.GetString(await raw.ReadChunk());
            if (chunk.Length == 0 || chunk.TrimStart('\n').Length > 0)
            {
                return chunk.TrimStart('\n');
            }
        }
    }

    private static int Offset(Answer answer)
    {
        Assert.True(answer.Status == 200, $"{answer.Head.StatusLine}: {answer.Text}");
        return int.Parse(answer["Message-Id"]!.Split('-')[1]);
    }
}
