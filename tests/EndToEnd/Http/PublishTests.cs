using System.Net;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>Publishes with a key and in batches, each by way of other nodes.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class PublishTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private readonly string _channel = SharedNodes.FreshChannel();

    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task Key_SentAgainByOtherNodes_GetsTheFirstAnswerAndPublishesOnce()
    {
        var answers = new List<(HttpStatusCode Status, string Id, string Body)>();
        foreach (var (node, key) in new[] { (1, "k-1"), (2, "\"k-1\""), (3, "k-1"), (1, "k-2") })
        {
            answers.Add(await Post(node, "once", key, accept: "application/json"));
        }

        Assert.All(answers, x => Assert.Equal(HttpStatusCode.OK, x.Status));
        Assert.All(answers[..3], x => Assert.Equal(answers[0], x));
        Assert.NotEqual(answers[0].Id, answers[3].Id);
        Assert.Equal("once\nonce\n", await Poll("as=raw"));
    }

    [Fact]
    public async Task Key_SentManyTimesAtOnce_PublishesOnce()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(x => Post((x % 3) + 1, "once", "same")));
        Assert.Equal((HttpStatusCode.OK, "OK\n"), Assert.Single(answers.Select(x => (x.Status, x.Body)).Distinct()));
        Assert.Single(answers.Select(x => x.Id).Distinct());
        Assert.Equal("once\n", await Poll("as=raw"));
    }

    [Theory]
    [InlineData("another", "text/plain")]
    [InlineData("once", "application/json")]
    public async Task Key_OfAnotherMessage_Is422(string body, string type)
    {
        await Post(1, "once", "k", "text/plain");
        var (status, id, answer) = await Post(2, body, "k", type);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, string.Empty), (status, id));
        Assert.Contains("urn:orleansgateway:problem:idempotency-key", answer, StringComparison.Ordinal);
        Assert.Equal("once\n", await Poll("as=raw"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("\"k")]
    public async Task Key_Malformed_Is400(string key)
    {
        var answer = await RawHttp.Send(
            shared.Nodes.Address(1),
            $"POST /{_channel} HTTP/1.1\nHost: {shared.Nodes.Address(1).Authority}\nConnection: close\nIdempotency-Key: {key}\nContent-Length: 1",
            "x"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("A key ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_WithAKey_IsPublishedInOrderWithNothingBetweenAndSentAgainGetsTheSameAnswer()
    {
        var lines = Enumerable.Range(1, 1000).Select(x => $$"""{"n": {{x}}}""").ToArray();
        var batch = string.Join("\r\n\n", lines);
        var others = Task.WhenAll(Enumerable.Range(0, 50).Select(x => Post((x % 3) + 1, "other")));
        var first = await Post(1, batch, "b", "application/x-ndjson", "?batch=1");
        var again = await Post(3, batch, "b", "application/x-ndjson", "?batch=1");
        await others;
        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(first, again);
        using var answer = JsonDocument.Parse(first.Body);
        Assert.Equal(["first", "last", "count", "channel", "time"], answer.RootElement.EnumerateObject().Select(x => x.Name));
        Assert.Equal((1000, _channel), (answer.RootElement.GetProperty("count").GetInt32(), answer.RootElement.GetProperty("channel").GetString()));
        Assert.Equal(first.Id, answer.RootElement.GetProperty("last").GetString());

        var messages = (await Poll("as=json")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(x => JsonDocument.Parse(x).RootElement).ToList();
        Assert.Equal(1050, messages.Count);
        var begin = messages.FindIndex(x => x.GetProperty("id").GetString() == answer.RootElement.GetProperty("first").GetString());
        var published = messages.GetRange(begin, 1000);
        Assert.Equal(lines, published.Select(x => x.GetProperty("data").GetString()));
        Assert.All(published, x => Assert.Equal("application/json", x.GetProperty("type").GetString()));
        Assert.Equal(first.Id, published[^1].GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("1\n{\n3", "application/x-ndjson", HttpStatusCode.BadRequest, "Line 2")]
    [InlineData("\n", "application/x-ndjson", HttpStatusCode.BadRequest, "at least one")]
    [InlineData("1", "application/json", HttpStatusCode.UnsupportedMediaType, "application/x-ndjson")]
    public async Task Batch_Malformed_PublishesNothing(string body, string type, HttpStatusCode expected, string detail)
    {
        var (status, _, answer) = await Post(1, body, null, type, "?batch=1");
        Assert.Equal(expected, status);
        Assert.Contains(detail, answer, StringComparison.Ordinal);
        Assert.Empty(await Poll("as=json"));
    }

    private async Task<(HttpStatusCode Status, string Id, string Body)> Post(
        int node, string body, string? key = null, string type = "text/plain", string query = "", string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(shared.Nodes.Address(node), _channel + query));
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        request.Content.Headers.ContentType = new(type);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        if (accept is not null)
        {
            request.Headers.Accept.ParseAdd(accept);
        }

        using var answer = await shared.Http.SendAsync(request);
        var id = answer.Headers.TryGetValues("Message-Id", out var ids) ? ids.Single() : string.Empty;
        return (answer.StatusCode, id, await answer.Content.ReadAsStringAsync());
    }

    private Task<string> Poll(string query) => shared.Http.GetStringAsync(new Uri(shared.Nodes.Address(2), $"{_channel}?poll=1&{query}"));
}
