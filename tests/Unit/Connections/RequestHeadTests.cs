using System.Text;
using CsCheck;
using OrleansGateway.Connections;

namespace OrleansGateway.Tests.Unit.Connections;

public class RequestHeadTests
{
    private const string Publish = "POST /a/b HTTP/1.1\r\nHost: localhost:8088\r\nContent-Type: text/plain\r\nAccept: */*\r\nIdempotency-Key: \"k\"\r\nContent-Length: 12\r\n\r\n";

    private const string Subscribe = "GET /a,b/*?as=sse&since=all HTTP/1.1\r\nhost: x\r\nOrigin: http://x\r\nLast-Event-ID: e-1\r\n\r\n";

    private const string WebSocket = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n";

    [Fact]
    public void Read_PlainPublish_FindsItsParts()
    {
        Assert.Equal(HeadReading.Plain, RequestHead.Read(Encoding.ASCII.GetBytes(Publish + "body and more"), out var head));
        Assert.Equal(
            ("POST", "/a/b", "", "text/plain", "*/*", "\"k\"", 12, Publish.Length, false),
            (Text(head.Method), Text(head.Path), Text(head.Query), Text(head.ContentType), Text(head.Accept), Text(head.IdempotencyKey), head.ContentLength, head.Length, head.IsGet));
    }

    [Fact]
    public void Read_PlainSubscription_FindsItsParts()
    {
        Assert.Equal(HeadReading.Plain, RequestHead.Read(Encoding.ASCII.GetBytes(Subscribe), out var head));
        Assert.Equal(("/a,b/*", "?as=sse&since=all", true, -1), (Text(head.Path), Text(head.Query), head.IsGet, head.ContentLength));
        List<(string, string)> headers = [];
        var lines = head.Headers;
        while (RequestHead.Next(ref lines, out var name, out var value))
        {
            headers.Add((Text(name), Text(value)));
        }

        Assert.Equal([("host", "x"), ("Origin", "http://x"), ("Last-Event-ID", "e-1")], headers);
    }

    [Theory]
    [InlineData(Publish)]
    [InlineData(Subscribe)]
    [InlineData(WebSocket)]
    public void Read_EveryPartOfAHead_IsIncomplete(string whole)
    {
        var bytes = Encoding.ASCII.GetBytes(whole);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(HeadReading.Incomplete, RequestHead.Read(bytes.AsSpan(0, length), out _));
        }

        Assert.Equal(HeadReading.Plain, RequestHead.Read(bytes, out _));
    }

    [Theory]
    [InlineData("DELETE /a HTTP/1.1", "Host: x")]
    [InlineData("HEAD /a HTTP/1.1", "Host: x")]
    [InlineData("get /a HTTP/1.1", "Host: x")]
    [InlineData("GET /a HTTP/1.0", "Host: x")]
    [InlineData("GET  /a HTTP/1.1", "Host: x")]
    [InlineData("GET /a  HTTP/1.1", "Host: x")]
    [InlineData("GET http://x/a HTTP/1.1", "Host: x")]
    [InlineData("GET / HTTP/1.1", "Host: x")]
    [InlineData("GET /-/cluster HTTP/1.1", "Host: x")]
    [InlineData("GET /.well-known/x HTTP/1.1", "Host: x")]
    [InlineData("GET /favicon.ico HTTP/1.1", "Host: x")]
    [InlineData("GET /robots.txt HTTP/1.1", "Host: x")]
    [InlineData("GET /a/../b HTTP/1.1", "Host: x")]
    [InlineData("GET /a//b HTTP/1.1", "Host: x")]
    [InlineData("GET //a HTTP/1.1", "Host: x")]
    [InlineData("GET /a%2e HTTP/1.1", "Host: x")]
    [InlineData("GET /a#b HTTP/1.1", "Host: x")]
    [InlineData("GET /a?b=\" HTTP/1.1", "Host: x")]
    [InlineData("GET /\u00e4 HTTP/1.1", "Host: x")]
    [InlineData("GET /a HTTP/1.1", "Accept: */*")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nHost: x")]
    [InlineData("GET /a HTTP/1.1", "Host: ")]
    [InlineData("GET /a HTTP/1.1", "Host: x:")]
    [InlineData("GET /a HTTP/1.1", "Host: x:1:2")]
    [InlineData("GET /a HTTP/1.1", "Host: x y")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nContent-Length: 0")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nTransfer-Encoding: chunked")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nExpect: 100-continue")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nConnection: close")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nConnection: upgrade")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nUpgrade: websocket")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nAccept: a/b\r\nAccept: c/d")]
    [InlineData("GET /a HTTP/1.1", "Host : x")]
    [InlineData("GET /a HTTP/1.1", " Host: x")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nA: b\r\n c")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nA: b\nC: d")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nA: b\rC: d")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nA: b\0c")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nA: \u00e4")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\nno colon")]
    [InlineData("GET /a HTTP/1.1", "Host: x\r\n: x")]
    [InlineData("POST /a HTTP/1.1", "Host: x")]
    [InlineData("POST /a?batch=1 HTTP/1.1", "Host: x\r\nContent-Length: 1")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: +1")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 1,1")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 1\r\nContent-Length: 1")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 999999999999")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 1\r\nContent-Encoding: gzip")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 1\r\nOrigin: http://x")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 1\r\nExpect: 100-continue")]
    [InlineData("POST /a HTTP/1.1", "Host: x\r\nContent-Length: 1\r\nConnection: Upgrade\r\nUpgrade: websocket")]
    public void Read_WhatIsNotPlain_IsLeftToTheWebServer(string line, string headers) =>
        Assert.Equal(HeadReading.NotPlain, RequestHead.Read(Encoding.Latin1.GetBytes($"{line}\r\n{headers}\r\n\r\n"), out _));

    [Fact]
    public void Read_LongHeadOrManyHeaders_IsLeftToTheWebServer()
    {
        var many = string.Concat(Enumerable.Range(0, 60).Select(x => $"X-{x}: y\r\n"));
        Assert.Equal(HeadReading.NotPlain, RequestHead.Read(Encoding.ASCII.GetBytes($"GET /a HTTP/1.1\r\nHost: x\r\n{many}\r\n"), out _));
        var endless = Encoding.ASCII.GetBytes($"GET /a HTTP/1.1\r\nHost: x\r\nX: {new string('x', RequestHead.MaxBytes)}");
        Assert.Equal(HeadReading.NotPlain, RequestHead.Read(endless, out _));
    }

    // What it takes for plain, anybody else would read the same way: no byte of it is control, and each line is one header.
    [Fact]
    public void Read_DamagedHeads_OnlyTakesThoseThatNobodyReadsOtherwise()
    {
        var heads = Gen.OneOf(Gen.Const(Publish), Gen.Const(Subscribe), Gen.Const(WebSocket));
        var damage = Gen.Select(Gen.Int[0, 200], Gen.OneOf(Gen.Const('\r'), Gen.Const('\n'), Gen.Const(' '), Gen.Const(':'), Gen.Char['\0', '\u00ff']), Gen.Bool);
        Gen.Select(heads, damage.Array[0, 4]).Sample(
            (head, damages) =>
            {
                var text = new StringBuilder(head);
                foreach (var (at, with, isInserted) in damages)
                {
                    _ = isInserted ? text.Insert(at % text.Length, with) : text.Remove(at % text.Length, 1);
                }

                if (RequestHead.Read(Encoding.Latin1.GetBytes(text.ToString()), out var read) != HeadReading.Plain)
                {
                    return;
                }

                var whole = text.ToString()[..read.Length];
                Assert.EndsWith("\r\n\r\n", whole, StringComparison.Ordinal);
                var lines = whole[..^4].Split("\r\n");
                Assert.All(lines, x => Assert.Matches("^[\t -~]+$", x));
                Assert.Matches("^(GET|POST|PUT) /[^ ]+ HTTP/1\\.1$", lines[0]);
                Assert.All(lines[1..], x => Assert.Matches("^[A-Za-z0-9_-]+:", x));
                Assert.Single(lines, x => x.StartsWith("host:", StringComparison.OrdinalIgnoreCase));
                Assert.Equal(!read.IsGet, lines.Count(x => x.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase)) == 1);
            },
            iter: 50_000);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes);
}
