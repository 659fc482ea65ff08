using Microsoft.AspNetCore.Http;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Unit.Http;

public class NegotiationTests
{
    private const string ChromePage =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

    private const string FirefoxPage = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    [Theory]

    // The contract's table.
    [InlineData("", Transport.Raw)]
    [InlineData("*/*", Transport.Raw)]
    [InlineData("text/plain", Transport.Raw)]
    [InlineData("text/event-stream", Transport.Sse)]
    [InlineData("application/x-ndjson", Transport.Json)]
    [InlineData("application/json", Transport.Json)]
    [InlineData("multipart/x-mixed-replace", Transport.Tail)]
    [InlineData("image/png", Transport.Tail)]
    [InlineData("image/*", Transport.Tail)]
    [InlineData("text/html", Transport.Html)]

    // What clients really send: pages, pictures, EventSource, fetch and curl, HTTP libraries.
    [InlineData(ChromePage, Transport.Html)]
    [InlineData(FirefoxPage, Transport.Html)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,image/svg+xml,*/*;q=0.8", Transport.Html)]
    [InlineData("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", Transport.Tail)]
    [InlineData("image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", Transport.Tail)]
    [InlineData("image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", Transport.Tail)]
    [InlineData("text/event-stream, */*;q=0.1", Transport.Sse)]
    [InlineData("application/json, text/plain, */*", Transport.Json)]
    [InlineData("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", Transport.Html)]
    [InlineData("gzip, text/plain", Transport.Raw)]

    // Weights.
    [InlineData("text/html;q=0.5, text/event-stream", Transport.Sse)]
    [InlineData("text/event-stream;q=0.2, text/plain;q=0.3", Transport.Raw)]
    [InlineData("*/*, text/event-stream", Transport.Sse)]
    [InlineData("*/*, text/event-stream;q=0.9", Transport.Raw)]
    [InlineData("image/png;q=0.1, image/jpeg;q=0.9, text/plain;q=0.5", Transport.Tail)]
    [InlineData("multipart/x-mixed-replace;q=0.4, image/png, text/plain;q=0.5", Transport.Raw)]
    [InlineData("text/html;q=0.001", Transport.Html)]

    // At equal weight: html, sse, json, tail, raw.
    [InlineData("text/plain, image/png, application/json, text/event-stream", Transport.Sse)]
    [InlineData("text/plain, image/png, application/json", Transport.Json)]
    [InlineData("application/json;q=0.1, application/x-ndjson;q=0.3, text/plain;q=0.2", Transport.Json)]
    [InlineData("text/plain, multipart/x-mixed-replace, text/event-stream, text/html", Transport.Html)]
    [InlineData("text/plain, multipart/x-mixed-replace, text/event-stream", Transport.Sse)]
    [InlineData("text/plain, image/png", Transport.Tail)]
    [InlineData("text/*", Transport.Raw)]

    // What is refused is not chosen, and the more exact range counts.
    [InlineData("text/html;q=0, text/plain", Transport.Raw)]
    [InlineData("text/event-stream;q=0, */*;q=0.1", Transport.Raw)]
    [InlineData("text/html;q=0, image/png", Transport.Tail)]
    [InlineData("text/plain;q=0.1, text/event-stream;q=0.2, */*", Transport.Sse)]

    // Spelling.
    [InlineData("TEXT/EVENT-STREAM", Transport.Sse)]
    [InlineData("  text/event-stream  ", Transport.Sse)]
    [InlineData("text/event-stream;charset=utf-8", Transport.Sse)]
    [InlineData("text/html;level=1;q=0.4, text/plain;q=0.5", Transport.Raw)]
    [InlineData(",, text/event-stream ,", Transport.Sse)]
    public void ByAccept_Header_ChoosesTheForm(string accept, object transport) => Assert.Equal(transport, Negotiation.ByAccept(accept));

    [Theory]
    [InlineData("text/html;q=0")]
    [InlineData("*/*;q=0")]
    [InlineData("text/plain;q=0, */*")]
    [InlineData("image/png;q=0")]
    [InlineData("video/mp4")]
    [InlineData("application/pdf, audio/*")]
    public void ByAccept_NothingThatCanBeServed_IsNone(string accept) => Assert.Null(Negotiation.ByAccept(accept));

    [Theory]
    [InlineData("raw", Transport.Raw)]
    [InlineData("json", Transport.Json)]
    [InlineData("sse", Transport.Sse)]
    [InlineData("tail", Transport.Tail)]
    [InlineData("ws", Transport.WebSocket)]
    public void Choose_NamedForm_WinsOverUpgradeAndAccept(string name, object expected)
    {
        var request = Request($"?as={name}", accept: "text/html", upgrade: "websocket");
        Assert.Null(Negotiation.Choose(request, out var transport));
        Assert.Equal(expected, transport);
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("WebSocket")]
    [InlineData("h2c, websocket")]
    public void Choose_Upgrade_WinsOverAccept(string upgrade)
    {
        Assert.Null(Negotiation.Choose(Request("", accept: "text/html", upgrade), out var transport));
        Assert.Equal(Transport.WebSocket, transport);
    }

    [Theory]
    [InlineData("h2c")]
    [InlineData("websockets")]
    public void Choose_OtherUpgrade_IsIgnored(string upgrade)
    {
        Assert.Null(Negotiation.Choose(Request("", accept: "text/event-stream", upgrade), out var transport));
        Assert.Equal(Transport.Sse, transport);
    }

    [Theory]
    [InlineData("?as=", 400)]
    [InlineData("?as=xml", 400)]
    [InlineData("?as=RAW", 400)]
    [InlineData("?as=raw&as=sse", 400)]
    public void Choose_UnknownForm_IsAProblem(string query, int status) =>
        Assert.Equal(status, Negotiation.Choose(Request(query, accept: "*/*", upgrade: null), out _)?.Status);

    [Fact]
    public void Choose_AcceptOfNothing_Is406() => Assert.Equal(406, Negotiation.Choose(Request("", accept: "video/mp4", upgrade: null), out _)?.Status);

    private static HttpRequest Request(string query, string accept, string? upgrade)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        request.Headers.Accept = accept;
        request.Headers.Upgrade = upgrade;
        return request;
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("*/*", true)]
    [InlineData("application/*;q=0.1", true)]
    [InlineData("text/html,*/*;q=0.8", true)]
    [InlineData("application/json;q=0, */*", false)]
    [InlineData("application/*;q=0, */*", false)]
    [InlineData("application/*;q=0, application/json", true)]
    [InlineData("text/html", false)]
    [InlineData("rubbish", false)]
    public void Accepts_OneForm_ByTheRangeThatFitsBest(string accept, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Accept = accept;
        Assert.Equal(expected, Negotiation.Accepts(context.Request, "application/json"));
    }

    [Theory]
    [InlineData("?as=tail&render=svg", "", true)]
    [InlineData("?render=svg", "image/avif,image/webp,*/*;q=0.8", true)]
    [InlineData("?as=tail&render=png", "", false)]
    [InlineData("?as=tail&render=", "", false)]
    [InlineData("?as=sse&render=svg", "", false)]
    [InlineData("?render=svg", "text/html", false)]
    [InlineData("?render=svg", "", false)]
    public void Choose_Render_IsForTheTailViewerAlone(string query, string accept, bool allowed)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);
        context.Request.Headers.Accept = accept;
        var problem = Negotiation.Choose(context.Request, out var transport);
        Assert.Equal(allowed ? null : 400, problem?.Status);
        if (allowed)
        {
            Assert.Equal(Transport.SvgTail, transport);
        }
        else
        {
            Assert.Contains("render=svg", problem!.Detail, StringComparison.Ordinal);
        }
    }
}
