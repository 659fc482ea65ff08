using System.Net;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Conformance;

/// <summary>HTTP/2 with prior knowledge (RFC 9113, section 3.3) on the same port.</summary>
public sealed class Http2Tests : ConformanceTest
{
    private static readonly HttpClient Client = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

    [Fact(DisplayName = "Publish, poll and delete over HTTP/2")]
    public async Task Publish_OverHttp2_IsAMessage()
    {
        using var published = await Client.PostAsync(new Uri(A, Channel), new StringContent("by HTTP/2"));
        Assert.Equal((HttpVersion.Version20, HttpStatusCode.OK, "OK\n"), (published.Version, published.StatusCode, await published.Content.ReadAsStringAsync()));
        Assert.Equal(["by HTTP/2"], await Http.Texts(B, Channel));
        Assert.Equal("by HTTP/2\n", await Client.GetStringAsync(new Uri(A, $"{Channel}?poll=1&as=raw")));
        using var deleted = await Client.DeleteAsync(new Uri(A, Channel));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Theory(DisplayName = "Streams over HTTP/2, many on one connection")]
    [InlineData("raw", "text/plain")]
    [InlineData("json", "application/x-ndjson")]
    [InlineData("sse", "text/event-stream")]
    public async Task Stream_OverHttp2_GetsMessages(string form, string type)
    {
        var streams = new List<StreamReader>();
        for (var i = 0; i < 20; i++)
        {
            var answer = await Client.GetAsync(new Uri(A, $"{Channel}?as={form}"), HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal((HttpVersion.Version20, type), (answer.Version, answer.Content.Headers.ContentType!.MediaType));
            streams.Add(new StreamReader(await answer.Content.ReadAsStreamAsync()));
        }

        await Http.Publish(B, Channel, "message");
        foreach (var stream in streams)
        {
            string? line;
            do
            {
                line = await stream.ReadLineAsync().WaitAsync(Connection.Patience);
                Assert.NotNull(line);
            }
            while (!line.Contains("message", StringComparison.Ordinal) || line.Contains("\"open\"", StringComparison.Ordinal));
            stream.Dispose();
        }
    }

    [Theory(DisplayName = "Errors over HTTP/2 are problems too")]
    [InlineData("a//b", 400)]
    [InlineData("x?as=ws", 426)]
    [InlineData("-/nothing", 404)]
    public async Task Error_OverHttp2_IsAProblem(string target, int status)
    {
        using var answer = await Client.GetAsync(new Uri($"{A}{target}"));
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Equal(status, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("status").GetInt32());
    }

    [Fact(DisplayName = "The preface may come in pieces, and what only looks like it is HTTP/1.1")]
    public async Task Preface_InPieces_IsHttp2()
    {
        using var connection = await Connection.Open(A);
        foreach (var one in "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0")
        {
            await connection.Send($"{one}");
            await Task.Yield();
        }

        // A SETTINGS frame: its length, and its type 4.
        Assert.Equal(4, (await connection.ReadExactly(9))[3]);
        using var other = await Connection.Open(A);
        await other.Send("P");
        await other.Send($"RI /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\n\r\n");
        Problems.Check(await other.ReadAnswer(), 405, "PRI");
        using var put = await Connection.Open(A);
        await put.Send("P");
        await put.Send($"UT /{Channel} HTTP/1.1\r\nHost: {A.Authority}\r\nContent-Length: 1\r\n\r\nx");
        Assert.Equal("OK\n", Encoding.ASCII.GetString((await put.ReadAnswer()).Body));
    }
}
