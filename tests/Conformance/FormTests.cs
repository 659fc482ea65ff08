using System.Diagnostics;
using System.Text;
using System.Xml.Linq;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Subscribe: each form byte by byte.</summary>
public sealed class FormTests : ConformanceTest
{
    [Fact(DisplayName = "raw: a bare \\n at once, then each message's bytes and \\n, each in a chunk that is sent at once")]
    public async Task Raw_Chunks_AreMessages()
    {
        using var connection = await Http.Open(A, "GET", $"/{Channel}", null);
        await connection.ReadHead();
        Assert.Equal("\n", Encoding.ASCII.GetString(await connection.ReadChunk()));
        foreach (var text in new[] { "one", "two\nlines", string.Empty, "\r\n" })
        {
            await Http.Publish(B, Channel, text);
            Assert.Equal(text + "\n", Encoding.ASCII.GetString(await connection.ReadChunk()));
        }
    }

    [Fact(DisplayName = "json: one JSON object a line; open comes first, with the id after which the stream begins")]
    public async Task Json_Lines_AreObjects()
    {
        var first = await Http.Publish(A, Channel, "before");
        using var connection = await Http.Open(B, "GET", $"/{Channel}?as=json", null);
        await connection.ReadHead();
        var time = "\"time\":\"[0-9TZ:.-]{24}\"";
        Assert.Matches($"^{{\"event\":\"open\",\"id\":\"{first}\",\"channel\":\"{Channel}\",{time}}}\n$", Encoding.UTF8.GetString(await connection.ReadChunk()));
        var second = await Http.Publish(C, Channel, "a\nb\u2028\"é\\", "Content-Type: text/plain");
        Assert.Matches(
            $"^{{\"event\":\"message\",\"id\":\"{second}\",\"channel\":\"{Channel}\",{time},\"type\":\"text/plain\",\"data\":\"a\\\\nb\\\\u2028\\\\\"é\\\\\\\\\"}}\n$",
            Encoding.UTF8.GetString(await connection.ReadChunk()));
        var third = await Http.Publish(C, Channel, [0, 0xff]);
        Assert.Matches(
            $"^{{\"event\":\"message\",\"id\":\"{third}\",\"channel\":\"{Channel}\",{time},\"type\":\"application/octet-stream\",\"data\":\"AP8=\",\"encoding\":\"base64\"}}\n$",
            Encoding.UTF8.GetString(await connection.ReadChunk()));
    }

    [Fact(DisplayName = "sse: begins with retry: (1,000 to 2,000) and an id: alone, the id after which the stream begins; then id: and one data: per line")]
    public async Task Sse_Events_AreFields()
    {
        var first = await Http.Publish(A, Channel, "before");
        using var connection = await Http.Open(B, "GET", $"/{Channel}", null, "Accept: text/event-stream");
        await connection.ReadHead();
        Assert.Matches($"^retry: (1[0-9]{{3}}|2000)\nid: {first}\n\n$", Encoding.UTF8.GetString(await connection.ReadChunk()));
        foreach (var (text, data) in new[]
        {
            ("one", "data: one\n"), ("a\r\nb\rc\nd", "data: a\ndata: b\ndata: c\ndata: d\n"), ("end\n", "data: end\ndata: \n"), (string.Empty, "data: \n"), ("\r", "data: \ndata: \n"),
            (": x", "data: : x\n"), (" x", "data:  x\n"), ("id: 7", "data: id: 7\n"), ("\ufeffx\0y", "data: \ufeffx\0y\n"),
        })
        {
            var id = await Http.Publish(C, Channel, text);
            Assert.Equal($"id: {id}\n{data}\n", Encoding.UTF8.GetString(await connection.ReadChunk()));
        }

        var binary = await Http.Publish(C, Channel, [0, 0xff]);
        Assert.Equal($"id: {binary}\nevent: binary\ndata: AP8=\n\n", Encoding.UTF8.GetString(await connection.ReadChunk()));
    }

    [Fact(DisplayName = "sse: retry: is spread, so that not all come back at once")]
    public async Task Sse_Retry_IsSpread()
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 12; i++)
        {
            using var connection = await Http.Open(A, "GET", $"/{Channel}?as=sse", null);
            await connection.ReadHead();
            seen.Add(Encoding.ASCII.GetString(await connection.ReadChunk()).Split('\n')[0]);
        }

        Assert.True(seen.Count > 3, string.Join(", ", seen));
    }

    [Fact(DisplayName = "ws: one WebSocket message a message, text or binary, and nothing else")]
    public async Task WebSocket_Frames_AreMessages()
    {
        using var frames = await FrameClient.Open(A, $"/{Channel}");
        await Http.Publish(B, Channel, "text");
        Assert.Equal((0x81, "text"), await frames.ReadText());
        await Http.Publish(B, Channel, [0xff]);
        var (first, payload) = await frames.Read();
        Assert.Equal(0x82, first);
        Assert.Equal([0xff], payload);
        await Http.Publish(B, Channel, string.Empty);
        Assert.Equal((0x81, string.Empty), await frames.ReadText());
    }

    [Fact(DisplayName = "tail: starts with the latest; each part is one message with Content-Type and Content-Length, closed by its boundary at once")]
    public async Task Tail_Parts_AreMessages()
    {
        await Http.Publish(A, Channel, "old");
        await Http.Publish(A, Channel, [1, 2, 3], "Content-Type: image/png");
        using var connection = await Http.Open(B, "GET", $"/{Channel}", null, "Accept: image/png");
        var head = await connection.ReadHead();
        var boundary = head["Content-Type"]!.Split("boundary=")[1];
        var body = connection.BodyOf(head);
        await Expect($"--{boundary}\r\nContent-Type: image/png\r\nContent-Length: 3\r\n\r\n\u0001\u0002\u0003\r\n--{boundary}\r\n");
        await Http.Publish(A, Channel, "<b>text</b>", "Content-Type: text/html");
        await Expect($"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 11\r\n\r\n<b>text</b>\r\n--{boundary}\r\n");
        await Http.Publish(A, Channel, "%PDF", "Content-Type: application/pdf");
        await Expect($"Content-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n%PDF\r\n--{boundary}\r\n");

        async Task Expect(string text)
        {
            var bytes = new byte[text.Length];
            await body.ReadExactlyAsync(bytes);
            Assert.Equal(text, Encoding.Latin1.GetString(bytes));
        }
    }

    [Theory(DisplayName = "tail: raster images keep their type, other text is text/plain, the rest application/octet-stream")]
    [InlineData("image/png", "image/png")]
    [InlineData("image/jpeg", "image/jpeg")]
    [InlineData("image/gif", "image/gif")]
    [InlineData("image/webp", "image/webp")]
    [InlineData("image/avif", "image/avif")]
    [InlineData("image/jpeg; x=y", "image/jpeg")]
    [InlineData("image/svg+xml", "text/plain; charset=utf-8")]
    [InlineData("text/html", "text/plain; charset=utf-8")]
    [InlineData("application/json", "text/plain; charset=utf-8")]
    [InlineData("video/mp4", "application/octet-stream")]
    public async Task Tail_PartOfAType_IsShownAs(string type, string shown)
    {
        await Http.Publish(A, Channel, "x", $"Content-Type: {type}");
        using var tail = await Subscription.Open(B, Channel, "tail");
        Assert.Equal(shown, (await tail.Next(1)).Type);
    }

    [Fact(DisplayName = "tail: &render=svg draws a text message as a picture (escaped), without a script; raster images keep their type")]
    public async Task SvgTail_Text_IsAnImage()
    {
        await Http.Publish(A, Channel, "1 < 2 & \"3\"");
        using var connection = await Http.Open(B, "GET", $"/{Channel}?as=tail&render=svg", null);
        var head = await connection.ReadHead();
        Assert.StartsWith("multipart/x-mixed-replace;", head["Content-Type"], StringComparison.Ordinal);
        using var body = new StreamReader(connection.BodyOf(head));
        await Expect("1 < 2 & \"3\"");
        foreach (var (text, type) in new[] { ("<script>alert(1)</script></text></svg>", "text/html"), ("<svg onload='alert(1)'/>", "image/svg+xml"), ("{\"a\":1}", "application/json"), ("]]>é&amp;", "text/plain") })
        {
            await Http.Publish(A, Channel, text, $"Content-Type: {type}");
            await Expect(text);
        }

        await Http.Publish(A, Channel, [1, 2, 3], "Content-Type: image/png");
        Assert.Equal("image/png", await NextType(skipped: "image/svg+xml"));

        async Task Expect(string text)
        {
            // Parts may come more than once, for Chromium.
            string drawn;
            do
            {
                Assert.Equal("image/svg+xml", await NextType());
                while (await Line() is { Length: > 0 })
                {
                }

                var svg = new StringBuilder();
                while (!svg.ToString().EndsWith("</svg>\n", StringComparison.Ordinal))
                {
                    svg.Append(await Line()).Append('\n');
                }

                var image = XDocument.Parse(svg.ToString());
                Assert.All(image.Descendants(), x => Assert.Contains(x.Name.LocalName, new[] { "svg", "style", "text" }));
                Assert.DoesNotContain(image.Descendants().Attributes(), x => x.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || x.Name.LocalName == "href");
                drawn = image.Descendants().Single(x => x.Name.LocalName == "text").Value;
            }
            while (drawn != text);
        }

        async Task<string> NextType(string? skipped = null)
        {
            while (true)
            {
                if (await Line() is var line && line.StartsWith("Content-Type: ", StringComparison.Ordinal) && line["Content-Type: ".Length..] is var type && type != skipped)
                {
                    return type;
                }
            }
        }

        async Task<string> Line() => (await body.ReadLineAsync().WaitAsync(Connection.Patience))!;
    }

    [Theory(DisplayName = "render has no other value, and goes with no other form: 400")]
    [InlineData("as=tail&render=png")]
    [InlineData("as=tail&render=")]
    [InlineData("as=raw&render=svg")]
    [InlineData("as=sse&render=svg")]
    public async Task Render_OfNothing_Is400(string query) => Problems.Check(await Http.Get(A, $"/{Channel}?{query}"), 400, "render=");
}

/// <summary>Contract, part 1: Subscribe: keep-alives. All wait at the same time.</summary>
public sealed class KeepAliveTests(KeepAliveTests.Silence silence) : IClassFixture<KeepAliveTests.Silence>
{
    [Fact(DisplayName = "raw: a bare \\n after every 5 s of silence")]
    public async Task Raw_Silent_SendsANewlineEvery5Seconds() => Check(5, "\n", await silence.Raw);

    [Fact(DisplayName = "json: keepalive every 15 s")]
    public async Task Json_Silent_SendsAnEventEvery15Seconds() =>
        Check(15, "^{\"event\":\"keepalive\",\"id\":\"[^\"]+-0\",\"channel\":\"[^\"]+\",\"time\":\"[^\"]+\"}\n$", await silence.Json);

    [Fact(DisplayName = "sse: comment keep-alive every 15 s")]
    public async Task Sse_Silent_SendsACommentEvery15Seconds() => Check(15, "^:\n\n$", await silence.Sse);

    [Fact(DisplayName = "ws: ping every 20 s")]
    public async Task WebSocket_Silent_SendsAPingEvery20Seconds() => Check(20, "^89$", await silence.WebSocket);

    [Fact(DisplayName = "gateway.json: the JSON objects, with their keepalive every 15 s")]
    public async Task GatewayJson_Silent_SendsAnEventEvery15Seconds() => Check(15, "^{\"event\":\"keepalive\",.*}$", await silence.GatewayJson);

    private static void Check(double seconds, string pattern, Came came)
    {
        Assert.Matches(pattern, came.Text);
        Assert.InRange(came.SinceRequest, seconds - 0.5, double.MaxValue);
        Assert.InRange(came.SinceOpen, 0, seconds + 4.5);
    }

    /// <summary>What came first in the silence, and how many seconds after the request and after the stream was open: the silence began between the two.</summary>
    internal readonly record struct Came(string Text, double SinceRequest, double SinceOpen);

    public sealed class Silence : IAsyncLifetime
    {
        internal Task<Came> Raw { get; private set; } = null!;

        internal Task<Came> Json { get; private set; } = null!;

        internal Task<Came> Sse { get; private set; } = null!;

        internal Task<Came> WebSocket { get; private set; } = null!;

        internal Task<Came> GatewayJson { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            var node = (await Gateway.Nodes)[0];
            Raw = Chunk(node, "raw");
            Json = Chunk(node, "json");
            Sse = Chunk(node, "sse");
            WebSocket = Frame(node, isJson: false);
            GatewayJson = Frame(node, isJson: true);
        }

        public Task DisposeAsync() => Task.CompletedTask;

        private static async Task<Came> Chunk(Uri node, string form)
        {
            var requested = Stopwatch.GetTimestamp();
            using var connection = await Http.Open(node, "GET", $"/test/silent/{Guid.NewGuid():N}?as={form}", null);
            await connection.ReadHead();
            await connection.ReadChunk();
            return await Time(requested, async () => Encoding.UTF8.GetString(await connection.ReadChunk()));
        }

        private static async Task<Came> Frame(Uri node, bool isJson)
        {
            var requested = Stopwatch.GetTimestamp();
            using var frames = await FrameClient.Open(node, $"/test/silent/{Guid.NewGuid():N}", isJson ? ["Sec-WebSocket-Protocol: gateway.json"] : []);
            if (isJson)
            {
                await frames.Read();
            }

            return await Time(requested, async () =>
            {
                var (first, payload) = await frames.Read();
                return isJson ? Encoding.UTF8.GetString(payload) : $"{first:x2}";
            });
        }

        private static async Task<Came> Time(long requested, Func<Task<string>> wait)
        {
            var open = Stopwatch.GetTimestamp();
            var text = await wait();
            return new Came(text, Stopwatch.GetElapsedTime(requested).TotalSeconds, Stopwatch.GetElapsedTime(open).TotalSeconds);
        }
    }
}
