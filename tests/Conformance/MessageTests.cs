using System.Globalization;
using System.Text;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Messages.</summary>
public sealed class MessageTests : ConformanceTest
{
    private const string DefaultText = "text/plain; charset=utf-8";
    private const string DefaultBinary = "application/octet-stream";

    /// <summary>The type (null: none), the bytes, and whether that is text.</summary>
    public static TheoryData<string?, string, bool> Kinds => new()
    {
        { null, "plain", true },
        { null, "é😀", true },
        { null, "\\xff", false },
        { null, "a\\xc3", false },
        { null, "\\x00", true },
        { "text/plain", "text", true },
        { "text/plain", "\\xff\\xfe", false },
        { "text/plain; charset=utf-8", "é", true },
        { "TEXT/HTML", "<b>bold</b>", true },
        { "text/html", "\\x80", false },
        { "text/csv;header=present", "a,b", true },
        { "text/x-whatever", "x", true },
        { "application/json", "{\"a\":1}", true },
        { "application/json; charset=utf-8", "[]", true },
        { "Application/JSON", "not json at all", true },
        { "application/json", "\\xed\\xa0\\x80", false },
        { "application/x-ndjson", "1", true },
        { "application/xml", "<a/>", true },
        { "application/problem+json", "{}", true },
        { "image/svg+xml", "<svg/>", true },
        { "application/x-www-form-urlencoded", "a=b", true },
        { "application/x-www-form-urlencoded", "\\xc0", false },
        { "application/octet-stream", "only letters", false },
        { "image/png", "only letters", false },
        { "IMAGE/JPEG", "\\xff\\xd8", false },
        { "application/javascript", "1", false },
        { "application/pdf", "x", false },
        { "multipart/mixed; boundary=x", "x", false },
        { "jsonish/x+jsonp", "x", false },
        { "nonsense", "x", false },
    };

    public static TheoryData<int> Sizes => [0, 1, 124, 125, 126, 127, 65_535, 65_536, 200_000, (1024 * 1024) - 1, 1024 * 1024];

    [Theory(DisplayName = "A message is text if its type says so (text/*, JSON, XML, +json, +xml, form) and its bytes are UTF-8, else binary: the same on every transport")]
    [MemberData(nameof(Kinds))]
    public async Task Message_OfAType_IsTextOrBinaryInEveryForm(string? type, string bytes, bool isText)
    {
        var body = Bytes(bytes);
        var id = await Http.Publish(A, Channel, body, type is null ? [] : [$"Content-Type: {type}"]);
        foreach (var form in Subscription.Forms)
        {
            using var subscription = await Subscription.Open(B, Channel, form, "since=all");
            var message = await NextMessage(subscription, body.Length);
            Assert.Equal(body, message.Body);
            Assert.Equal(form is "raw" or "tail" ? null : isText, message.IsText);
            Assert.Equal(form is "json" or "gateway.json" or "sse" ? id : null, message.Id);
            Assert.Equal(
                form switch
                {
                    "json" or "gateway.json" => type ?? (isText ? DefaultText : DefaultBinary),
                    "tail" => type is "image/png" or "IMAGE/JPEG" ? type.ToLowerInvariant() : isText ? DefaultText : DefaultBinary,
                    _ => null,
                },
                message.Type);
        }

        var polled = Assert.Single((await Http.Get(C, $"/{Channel}?poll=1")).Lines);
        Assert.Equal(isText, !polled.TryGetProperty("encoding", out _));
    }

    [Theory(DisplayName = "The body as it came, any bytes, up to 1 MiB")]
    [MemberData(nameof(Sizes))]
    public async Task Body_OfAnySize_ComesAsItIsInEveryForm(int size)
    {
        foreach (var type in new[] { "text/plain", "application/octet-stream" })
        {
            var body = new byte[size];
            new Random(size).NextBytes(body);
            if (type == "text/plain")
            {
                body = [.. body.Select(x => (byte)(' ' + (x % 95)))];
            }

            var id = await Http.Publish(A, Channel, body, $"Content-Type: {type}");
            foreach (var form in Subscription.Forms)
            {
                using var subscription = await Subscription.Open(B, Channel, form, "since=latest");
                Assert.True(Enumerable.SequenceEqual(body, (await NextMessage(subscription, size)).Body), $"{size} bytes of {type} as {form}");
            }

            var polled = await Http.Get(C, $"/{Channel}?poll=1&as=raw&since=latest");
            Assert.True(polled.Body.Length == size + 1 && polled.Body.AsSpan().StartsWith(body));
            Assert.EndsWith(type == "text/plain" ? "-1" : "-2", id, StringComparison.Ordinal);
        }
    }

    [Theory(DisplayName = "Content-Encoding on a publish: 415")]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task Publish_WithContentEncoding_Is415(string encoding)
    {
        Problems.Check(await Http.Post(A, $"/{Channel}", "x", $"Content-Encoding: {encoding}"), 415, "Content-Encoding");
        Assert.Empty(await Http.Texts(B, Channel));
    }

    [Fact(DisplayName = "Times are RFC 3339, UTC, with milliseconds, and never go back within a channel")]
    public async Task Times_OfMessages_AreRfc3339AndNeverGoBack()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-5);
        for (var i = 0; i < 20; i++)
        {
            await Http.Publish(new[] { A, B, C }[i % 3], Channel, "x");
        }

        var times = (await Http.Get(B, $"/{Channel}?poll=1")).Lines.Select(x => x.GetProperty("time").GetString()!).ToArray();
        Assert.All(times, x => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", x));
        var moments = times.Select(x => DateTimeOffset.Parse(x, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(moments.Order(), moments);
        Assert.InRange(moments[0], before, before.AddMinutes(1));
    }

    [Theory(DisplayName = "What was published is never run as HTML or script on our origin, on no transport")]
    [InlineData("raw", "text/plain; charset=utf-8")]
    [InlineData("json", "application/x-ndjson")]
    [InlineData("sse", "text/event-stream")]
    [InlineData("tail", "multipart/x-mixed-replace; boundary=*")]
    [InlineData("raw&poll=1", "text/plain; charset=utf-8")]
    [InlineData("json&poll=1", "application/x-ndjson")]
    public async Task Answer_WithMessages_IsSandboxedAndNotSniffed(string form, string type)
    {
        await Http.Publish(A, Channel, "<script>alert(1)</script>", "Content-Type: text/html");
        using var connection = await Http.Open(B, "GET", $"/{Channel}?since=all&as={form}", null);
        var head = await connection.ReadHead();
        Assert.Matches("^" + type.Replace("*", "[^ ]+", StringComparison.Ordinal) + "$", head["Content-Type"]);
        Assert.Equal("nosniff", head["X-Content-Type-Options"]);
        Assert.Contains("default-src 'none'", head["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Contains("sandbox", head["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("allow-scripts", head["Content-Security-Policy"], StringComparison.Ordinal);
    }

    internal static async Task<Received> NextMessage(Subscription subscription, int length)
    {
        while (true)
        {
            if (await subscription.Next(length) is { Event: "message" } message)
            {
                return message;
            }
        }
    }

    /// <summary>UTF-8, but <c>\xff</c> is a byte.</summary>
    private static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        foreach (var (part, i) in text.Split("\\x").Select((x, i) => (x, i)))
        {
            bytes.AddRange(i == 0 ? Encoding.UTF8.GetBytes(part) : [Convert.FromHexString(part[..2])[0], .. Encoding.UTF8.GetBytes(part[2..])]);
        }

        return [.. bytes];
    }
}
