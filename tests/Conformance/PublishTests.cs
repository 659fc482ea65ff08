namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Publish.</summary>
public sealed class PublishTests : ConformanceTest
{
    private const int Limit = 1024 * 1024;
    private const string Id = "^[A-Za-z][A-Za-z0-9]{3,15}-1$";

    [Theory(DisplayName = "200, Content-Type: text/plain, body OK and a newline, header Message-Id: <id>; a publish is never 406")]
    [InlineData("POST", null)]
    [InlineData("PUT", null)]
    [InlineData("POST", "*/*")]
    [InlineData("POST", "text/plain")]
    [InlineData("POST", "text/html,application/xhtml+xml,*/*;q=0.8")]
    [InlineData("POST", "image/png")]
    [InlineData("POST", "text/event-stream")]
    [InlineData("POST", "not a type")]
    [InlineData("POST", "application/json;q=0")]
    [InlineData("POST", "application/jsonish")]
    [InlineData("PUT", "application/pdf;q=1, */*;q=0")]
    public async Task Publish_Accepting_AnswersOk(string method, string? accept)
    {
        var answer = await Http.Send(A, method, $"/{Channel}", "x"u8.ToArray(), accept is null ? [] : [$"Accept: {accept}"]);
        Assert.Equal(("HTTP/1.1 200 OK", "text/plain", "OK\n"), (answer.Head.StatusLine, answer["Content-Type"], answer.Text));
        Assert.Matches(Id, answer["Message-Id"]);
        Assert.Equal("3", answer["Content-Length"]);
        Assert.Equal(["x"], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "With Accept: application/json: {\"id\",\"channel\",\"offset\",\"time\"}")]
    [InlineData("POST", "application/json")]
    [InlineData("PUT", "application/json")]
    [InlineData("POST", "Application/JSON; charset=utf-8")]
    [InlineData("POST", "application/json, text/plain, */*")]
    [InlineData("POST", "text/plain;q=0.5, application/json")]
    [InlineData("POST", "application/json;q=0.3")]
    public async Task Publish_AcceptingJson_AnswersJson(string method, string accept)
    {
        var answer = await Http.Send(A, method, $"/{Channel}", "x"u8.ToArray(), $"Accept: {accept}");
        Assert.Equal((200, "application/json"), (answer.Status, answer["Content-Type"]));
        Assert.Equal(["id", "channel", "offset", "time"], answer.Json.EnumerateObject().Select(x => x.Name));
        Assert.Equal((answer["Message-Id"], Channel, 1), (answer.Json.GetProperty("id").GetString(), answer.Json.GetProperty("channel").GetString(), answer.Json.GetProperty("offset").GetInt64()));
        var message = Assert.Single((await Http.Get(B, $"/{Channel}?poll=1")).Lines);
        Assert.Equal(message.GetProperty("time").GetString(), answer.Json.GetProperty("time").GetString());
    }

    [Theory(DisplayName = "An empty body is a message")]
    [InlineData("POST", "Content-Length: 0")]
    [InlineData("PUT", "Content-Length: 0")]
    [InlineData("POST", "X-Without: a length")]
    [InlineData("POST", "Transfer-Encoding: chunked")]
    public async Task Publish_EmptyBody_IsAMessage(string method, string header)
    {
        using var connection = await Connection.Open(A, $"{method} /{Channel} HTTP/1.1", $"Host: {A.Authority}", header);
        await connection.Send(header.EndsWith("chunked", StringComparison.Ordinal) ? "0\r\n\r\n" : string.Empty);
        Assert.Equal(200, (await connection.ReadAnswer()).Status);
        Assert.Equal([string.Empty], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "413 as soon as it is known: by Content-Length, before the body came")]
    [InlineData(Limit + 1)]
    [InlineData(long.MaxValue)]
    public async Task Publish_SaysThatItIsTooLarge_Is413AtOnce(long length)
    {
        foreach (var method in new[] { "POST", "PUT" })
        {
            using var connection = await Connection.Open(A, $"{method} /{Channel} HTTP/1.1", $"Host: {A.Authority}", $"Content-Length: {length}");
            Problems.Check(await connection.ReadAnswer(), 413, "1048576 bytes");
        }

        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "413 as soon as it is known: of a chunked body, when the byte too many came and not at its end")]
    public async Task Publish_ChunksTooLarge_Is413BeforeTheLastChunk()
    {
        using var connection = await Connection.Open(A, $"POST /{Channel} HTTP/1.1", $"Host: {A.Authority}", "Transfer-Encoding: chunked");
        await connection.Send("100000\r\n");
        await connection.SendBytes(new byte[Limit]);
        await connection.Send("\r\n1\r\nx");
        Problems.Check(await connection.ReadAnswer(), 413, "1048576 bytes");
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "413 also for who sends all of it before reading the answer")]
    public async Task Publish_TooLarge_IsAnswered()
    {
        Problems.Check(await Http.Post(A, $"/{Channel}", new byte[Limit + 1]), 413, "1048576 bytes");
        Problems.Check(await Http.Post(A, $"/{Channel}", new byte[3 * Limit]), 413, "1048576 bytes");
    }

    [Theory(DisplayName = "A Content-Type has at most 1,024 characters: 400")]
    [InlineData(1024, 200)]
    [InlineData(1025, 400)]
    public async Task Publish_LongType_IsLimited(int length, int status) =>
        Assert.Equal(status, (await Http.Post(A, $"/{Channel}", "x", $"Content-Type: text/{new string('x', length - 5)}")).Status);
}

/// <summary>Contract, part 1: Publish, <c>Idempotency-Key</c>.</summary>
public sealed class KeyTests : ConformanceTest
{
    public static TheoryData<string, string> SameKeys => new()
    {
        { "k", "\"k\"" },
        { "  k\t", "k" },
        { "\"a \\\"b\\\" \\\\c\"", "\"a \\\"b\\\" \\\\c\"" },
        { "a,b;c=d", "\"a,b;c=d\"" },
        { "a b", "\"a b\"" },
        { "{255 x}", "\"{255 x}\"" },
        { "'k'", "\"'k'\"" },
        { "k\"", "\"k\\\"\"" },
    };

    public static TheoryData<string, string> BadKeys => new()
    {
        { "", "1 to 255 printable ASCII" },
        { "\"\"", "1 to 255 printable ASCII" },
        { "{256 x}", "1 to 255 printable ASCII" },
        { "\"{256 x}\"", "1 to 255 printable ASCII" },
        { "k\u00c3\u00a9", "1 to 255 printable ASCII" },
        { "\"k", "ends with one" },
        { "\"", "ends with one" },
        { "\"k\"x", "ends with one" },
        { "\"\\k\"", "ends with one" },
        { "\"k\\\"", "ends with one" },
        { "k\r\nIdempotency-Key: k", "one Idempotency-Key" },
    };

    [Theory(DisplayName = "\"k\" and k are the same key: a retry, by way of any node, publishes nothing and gets the first answer again")]
    [MemberData(nameof(SameKeys))]
    public async Task Key_SentAgain_GetsTheFirstAnswer(string first, string again)
    {
        (first, again) = (Expand(first), Expand(again));
        foreach (var accept in new[] { "application/json", "*/*" })
        {
            var answers = new List<Answer>();
            foreach (var (node, key) in new[] { (A, first), (B, again), (C, first) })
            {
                answers.Add(await Http.Post(node, $"/{Channel}", "once", $"Idempotency-Key: {key}", $"Accept: {accept}"));
            }

            Assert.All(answers, x => Assert.Equal((200, answers[0].Text, answers[0]["Message-Id"]), (x.Status, x.Text, x["Message-Id"])));
        }

        Assert.Equal(["once"], await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "One that comes while the first is under way waits for it")]
    public async Task Key_SentManyTimesAtOnce_PublishesOnce()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(x => Http.Post(new[] { A, B, C }[x % 3], $"/{Channel}", "once", "Idempotency-Key: same")));
        Assert.Single(answers.Select(x => (x.Status, x.Text, x["Message-Id"])).Distinct());
        Assert.Equal(["once"], await Http.Texts(C, Channel));
    }

    [Theory(DisplayName = "The same key to another channel, or another key, is another publish")]
    [InlineData("", "K")]
    [InlineData("/other", "k")]
    [InlineData("", "\"k \"")]
    public async Task Key_OfAnotherChannelOrAnother_Publishes(string below, string key)
    {
        await Http.Publish(A, Channel, "x", "Idempotency-Key: k");
        await Http.Publish(A, Channel + below, "x", $"Idempotency-Key: {key}");
        Assert.Equal(below.Length == 0 ? 2 : 1, (await Http.Texts(B, Channel)).Length);
    }

    [Theory(DisplayName = "Another body or type with the same key: 422")]
    [InlineData("another", "text/plain")]
    [InlineData("", "text/plain")]
    [InlineData("once", "application/json")]
    [InlineData("once", null)]
    public async Task Key_OfAnotherMessage_Is422(string body, string? type)
    {
        await Http.Publish(A, Channel, "once", "Idempotency-Key: k", "Content-Type: text/plain");
        Problems.Check(await Http.Post(B, $"/{Channel}", body, ["Idempotency-Key: k", .. type is null ? Array.Empty<string>() : [$"Content-Type: {type}"]]), 422, "'k'");
        Assert.Equal(["once"], await Http.Texts(C, Channel));
    }

    [Theory(DisplayName = "Idempotency-Key: 1 to 255 printable ASCII characters; anything else is 400")]
    [MemberData(nameof(BadKeys))]
    public async Task Key_Malformed_Is400(string key, string rule)
    {
        Problems.Check(await Http.Post(A, $"/{Channel}", "x", $"Idempotency-Key: {Expand(key)}"), 400, rule);
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "Only successes are remembered: what was refused can be sent again with its key")]
    [InlineData("?batch=1", "1\n{", "Content-Type: application/x-ndjson")]
    [InlineData("", "x", "Content-Encoding: gzip")]
    public async Task Key_OfARefusedPublish_IsNotTaken(string query, string body, string header)
    {
        Assert.InRange((await Http.Post(A, $"/{Channel}{query}", body, header, "Idempotency-Key: k")).Status, 400, 499);
        await Http.Publish(B, Channel, "then", "Idempotency-Key: k");
        Assert.Equal(["then"], await Http.Texts(C, Channel));
    }

    private static string Expand(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        return open < 0 ? key : key[..open] + new string('x', int.Parse(key[(open + 1)..(open + 4)])) + key[(key.IndexOf('}', StringComparison.Ordinal) + 1)..];
    }
}

/// <summary>Contract, part 1: Publish, <c>?batch=1</c>.</summary>
public sealed class BatchTests : ConformanceTest
{
    private const string Ndjson = "Content-Type: application/x-ndjson";

    public static TheoryData<string, string[]> Batches => new()
    {
        { "1\n2\n3\n", ["1", "2", "3"] },
        { "1\n2", ["1", "2"] },
        { "\n\n{\"a\": [1, 2]}\n\r\n  \n\t\n\"x\"\n\n", ["{\"a\": [1, 2]}", "\"x\""] },
        { "{\"a\":1}\r\n{\"b\":2}\r\n", ["{\"a\":1}", "{\"b\":2}"] },
        { " null \ntrue\nfalse", [" null ", "true", "false"] },
        { "\"é😀\\ud83d\"", ["\"é😀\\ud83d\""] },
        { "-0.5e+10", ["-0.5e+10"] },
    };

    public static TheoryData<string, string?, int, string> BadBatches => new()
    {
        { "1\n{\n3", Ndjson, 400, "Line 2 " },
        { "\n\nnope", Ndjson, 400, "Line 3 " },
        { "1 2", Ndjson, 400, "Line 1 " },
        { "{} x", Ndjson, 400, "Line 1 " },
        { "'x'", Ndjson, 400, "Line 1 " },
        { "01", Ndjson, 400, "Line 1 " },
        { "1\n// comment", Ndjson, 400, "Line 2 " },
        { "[1,]", Ndjson, 400, "Line 1 " },
        { "NaN", Ndjson, 400, "Line 1 " },
        { "\ufeff1", Ndjson, 400, "Line 1 " },
        { "1\n\"\u0001\"", Ndjson, 400, "Line 2 " },
        { "", Ndjson, 400, "at least one message" },
        { "\n \r\n", Ndjson, 400, "at least one message" },
        { "1", "Content-Type: application/json", 415, "application/x-ndjson" },
        { "1", "Content-Type: text/plain", 415, "application/x-ndjson" },
        { "1", null, 415, "application/x-ndjson" },
    };

    [Theory(DisplayName = "Each line that is not empty is one message of type application/json, published in order; Message-Id is the last id, First-Message-Id the first; JSON answer {\"first\",\"last\",\"count\",\"channel\",\"time\"}")]
    [MemberData(nameof(Batches))]
    public async Task Batch_OfLines_IsAMessageALine(string body, string[] messages)
    {
        var answer = await Http.Post(A, $"/{Channel}?batch=1", body, "content-type: Application/X-NDJSON; charset=utf-8");
        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal("application/json", answer["Content-Type"]);
        Assert.Equal(["first", "last", "count", "channel", "time"], answer.Json.EnumerateObject().Select(x => x.Name));
        Assert.Equal((answer["First-Message-Id"], answer["Message-Id"]), (answer.Json.GetProperty("first").GetString(), answer.Json.GetProperty("last").GetString()));
        Assert.Equal((messages.Length, Channel), (answer.Json.GetProperty("count").GetInt32(), answer.Json.GetProperty("channel").GetString()));
        var read = (await Http.Get(B, $"/{Channel}?poll=1")).Lines;
        Assert.Equal(messages, read.Select(x => x.GetProperty("data").GetString()));
        Assert.All(read, x => Assert.Equal("application/json", x.GetProperty("type").GetString()));
        Assert.Equal((answer["First-Message-Id"], answer["Message-Id"]), (read[0].GetProperty("id").GetString(), read[^1].GetProperty("id").GetString()));
    }

    [Theory(DisplayName = "All or none: a line that is not JSON is 400 with its number, another type is 415")]
    [MemberData(nameof(BadBatches))]
    public async Task Batch_Malformed_PublishesNothing(string body, string? type, int status, string detail)
    {
        Problems.Check(await Http.Post(A, $"/{Channel}?batch=1", body, type is null ? [] : [type]), status, detail);
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "A line that is not UTF-8 is not JSON")]
    public async Task Batch_BrokenUtf8_Is400() =>
        Problems.Check(await Http.Post(A, $"/{Channel}?batch=1", [(byte)'1', (byte)'\n', (byte)'"', 0xff, (byte)'"'], Ndjson), 400, "Line 2 ");

    [Theory(DisplayName = "More than 1,000 messages: 413")]
    [InlineData(1000, 200)]
    [InlineData(1001, 413)]
    public async Task Batch_OfManyLines_HasAtMost1000(int count, int status)
    {
        var answer = await Http.Post(A, $"/{Channel}?batch=1", string.Join("\n\n", Enumerable.Range(0, count)), Ndjson);
        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? count : 0, (await Http.Texts(B, Channel)).Length);
        if (status != 200)
        {
            Problems.Check(answer, status, "at most 1000 messages");
        }
    }

    [Theory(DisplayName = "One key and the body limit are for the whole")]
    [InlineData(1024 * 1024, 200)]
    [InlineData((1024 * 1024) + 1, 413)]
    public async Task Batch_OfTheLargestSize_IsTakenAsAWhole(int size, int status)
    {
        var line = $"\"{new string('x', 2045)}\"\n";
        var body = string.Concat(Enumerable.Repeat(line, size / 2048)) + new string(' ', size % 2048);
        var first = await Http.Post(A, $"/{Channel}?batch=1", body, Ndjson, "Idempotency-Key: k");
        var again = await Http.Post(B, $"/{Channel}?batch=1", body, Ndjson, "Idempotency-Key: k");
        Assert.Equal(status, first.Status);
        Assert.Equal((first.Status, first.Text, first["Message-Id"], first["First-Message-Id"]), (again.Status, again.Text, again["Message-Id"], again["First-Message-Id"]));
        Assert.Equal(status == 200 ? 512 : 0, (await Http.Texts(C, Channel)).Length);
    }

    [Fact(DisplayName = "With nothing between, also while others publish")]
    public async Task Batch_WhileOthersPublish_HasNothingBetween()
    {
        var others = Enumerable.Range(0, 40).Select(x => Http.Publish(new[] { A, B, C }[x % 3], Channel, "other")).ToArray();
        var batches = Enumerable.Range(0, 6).Select(x => Http.Post(new[] { A, B, C }[x % 3], $"/{Channel}?batch=1", string.Join('\n', Enumerable.Range(0, 200)), Ndjson)).ToArray();
        await Task.WhenAll(others);
        foreach (var answer in await Task.WhenAll(batches))
        {
            var (first, last) = (Offset(answer["First-Message-Id"]!), Offset(answer["Message-Id"]!));
            Assert.Equal(199, last - first);
            var read = (await Http.Get(B, $"/{Channel}?poll=1&since={answer["First-Message-Id"]}")).Lines[..199];
            Assert.Equal(Enumerable.Range(1, 199).Select(x => $"{x}"), read.Select(x => x.GetProperty("data").GetString()));
        }

        static int Offset(string id) => int.Parse(id.Split('-')[1]);
    }

    [Theory(DisplayName = "Without batch=1 a body of application/x-ndjson is one message")]
    [InlineData("")]
    [InlineData("?batch=0")]
    public async Task Ndjson_WithoutBatch_IsOneMessage(string query)
    {
        Assert.Equal(200, (await Http.Post(A, $"/{Channel}{query}", "1\n2\n", Ndjson)).Status);
        Assert.Equal(["1\n2\n"], await Http.Texts(B, Channel));
    }

    [Theory(DisplayName = "?batch= is 1 or 0")]
    [InlineData("2")]
    [InlineData("true")]
    public async Task Batch_AskedOtherwise_Is400(string value) => Problems.Check(await Http.Post(A, $"/{Channel}?batch={value}", "1", Ndjson), 400, "batch");
}
