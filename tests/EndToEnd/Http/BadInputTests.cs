using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>Whatever is wrong gets a clear error, and nothing else is disturbed.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class BadInputTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private Uri Node => shared.Nodes.Address(1);

    public void Dispose() => shared.Nodes.Show(output);

    [Theory]
    [InlineData("/a//b", "empty segment")]
    [InlineData("/a/", "empty segment")]
    [InlineData("/a/../b", "'..' segment")]
    [InlineData("/a/./b", "'.' or '..'")]
    [InlineData("/a%2Fb", "'%2F'")]
    [InlineData("/a%01b", "control")]
    [InlineData("/a%zzb", "two hexadecimal digits")]
    [InlineData("/a%ffb", "UTF-8")]
    [InlineData("/a,b", "','")]
    [InlineData("/a%2Cb", "','")]
    [InlineData("/a/*", "'*'")]
    public async Task Name_Malformed_Is400WithTheRule(string target, string rule)
    {
        var answer = await RawHttp.Get(Node, target);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains(rule, answer, StringComparison.Ordinal);
    }

    // The server itself refuses a zero byte before any of our code sees it.
    [Fact]
    public async Task Name_WithAZeroByte_Is400() =>
        Assert.StartsWith("HTTP/1.1 400 ", await RawHttp.Get(Node, "/a%00b"), StringComparison.Ordinal);

    [Fact]
    public async Task Name_TooLong_Is400()
    {
        Assert.StartsWith("HTTP/1.1 400 ", await RawHttp.Get(Node, $"/{new string('a', 257)}"), StringComparison.Ordinal);
        using var longest = await shared.Http.PostAsync(new Uri(Node, $"/{new string('a', 256)}"), new StringContent("x"));
        Assert.Equal(HttpStatusCode.OK, longest.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Publish_TooLarge_Is413(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Node, SharedNodes.FreshChannel()));
        request.Content = new ByteArrayContent(new byte[(1024 * 1024) + 1]);
        request.Headers.TransferEncodingChunked = chunked;
        using var answer = await shared.Http.SendAsync(request);
        await AssertProblem(answer, HttpStatusCode.RequestEntityTooLarge, "1048576");
    }

    [Fact]
    public async Task Publish_SaysThatItWillBeTooLarge_Is413BeforeItCame()
    {
        var answer = await RawHttp.Head(Node, $"POST /{SharedNodes.FreshChannel()} HTTP/1.1\nHost: {Node.Authority}\nContent-Length: 1048577");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("numbers")]
    [InlineData("announce")]
    public async Task Publish_ToAChannelOfTheGateway_Is403(string channel)
    {
        using var post = await shared.Http.PostAsync(new Uri(Node, channel), new StringContent("7"));
        await AssertProblem(post, HttpStatusCode.Forbidden, channel);
        using var put = await shared.Http.PutAsync(new Uri(Node, channel), new StringContent("7"));
        await AssertProblem(put, HttpStatusCode.Forbidden, channel);
    }

    [Fact]
    public async Task Publish_Encoded_Is415()
    {
        using var content = new StringContent("x");
        content.Headers.ContentEncoding.Add("gzip");
        using var answer = await shared.Http.PostAsync(new Uri(Node, SharedNodes.FreshChannel()), content);
        await AssertProblem(answer, HttpStatusCode.UnsupportedMediaType, "Content-Encoding");
    }

    [Fact]
    public async Task Publish_FromAForeignPage_Is403ButFromAnotherNodesPageIsTaken()
    {
        using var foreign = await Publish("http://evil.example");
        await AssertProblem(foreign, HttpStatusCode.Forbidden, "evil.example");
        using var own = await Publish($"http://localhost:{shared.Nodes.Address(2).Port}");
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        Assert.Equal($"http://localhost:{shared.Nodes.Address(2).Port}", own.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("Message-Id", own.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);

        async Task<HttpResponseMessage> Publish(string origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Node, SharedNodes.FreshChannel())) { Content = new StringContent("x") };
            request.Headers.Add("Origin", origin);
            return await shared.Http.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("?as=telegraph", null, HttpStatusCode.BadRequest)]
    [InlineData("?since=yesterday", null, HttpStatusCode.BadRequest)]
    [InlineData("", "application/pdf", HttpStatusCode.NotAcceptable)]
    [InlineData("?as=ws", null, HttpStatusCode.UpgradeRequired)]
    public async Task Subscribe_AskedWrongly_IsAProblem(string query, string? accept, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Node, SharedNodes.FreshChannel() + query));
        if (accept is not null)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        }

        using var answer = await shared.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await AssertProblem(answer, expected, string.Empty);
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    [InlineData("BREW")]
    public async Task Method_Unknown_Is405WithAllow(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Node, SharedNodes.FreshChannel()));
        using var answer = await shared.Http.SendAsync(request);
        await AssertProblem(answer, HttpStatusCode.MethodNotAllowed, method);
        Assert.Contains("GET", answer.Content.Headers.Allow);
    }

    [Theory]
    [InlineData(new byte[] { 0x81, 0x06, (byte)'m', (byte)'a', (byte)'s', (byte)'k', (byte)'e', (byte)'d' }, 1002)] // not masked
    [InlineData(new byte[] { 0x83, 0x80, 0, 0, 0, 0 }, 1002)] // reserved opcode
    [InlineData(new byte[] { 0x81, 0x81, 0, 0, 0, 0, 0xff }, 1007)] // text that is not UTF-8
    [InlineData(new byte[] { 0xc1, 0x81, 0, 0, 0, 0, (byte)'x' }, 1002)] // a reserved bit
    [InlineData(new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8 }, 1000)] // an orderly close
    public async Task WebSocket_Frame_IsAnsweredWithTheCloseCode(byte[] frame, int code)
    {
        var answer = await RawHttp.Send(
            Node,
            $"GET /{SharedNodes.FreshChannel()} HTTP/1.1\nHost: {Node.Authority}\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            frame);
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer, StringComparison.Ordinal);
        var frames = Encoding.Latin1.GetBytes(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.True(frames.Length >= 4, "no close frame came");
        Assert.Equal(0x88, frames[0]);
        Assert.Equal(code, (frames[2] << 8) | frames[3]);
    }

    [Fact]
    public async Task NumberServer_SendsRubbish_IsSkippedAndLoggedOnce()
    {
        await using var reader = await Reader.Open(shared.Nodes.Address(2), "numbers", "sse");
        foreach (var rubbish in new[] { "hello\n", "\n", "1.5\n", $"{new string('9', 5000)}\n", "12 13\n" })
        {
            shared.Numbers.SendOnce(rubbish);
            await reader.WaitForMore("numbers go on", 5);
        }

        reader.CheckNumbers();
        var warnings = new[] { 1, 2, 3 }.Sum(x => shared.Nodes[x].Output.Split("skipped a line").Length - 1);
        Assert.Equal(1, warnings);
    }

    private static async Task AssertProblem(HttpResponseMessage answer, HttpStatusCode status, string detail)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var body = await answer.Content.ReadAsStringAsync();
        using var problem = JsonDocument.Parse(body);
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
    }
}
