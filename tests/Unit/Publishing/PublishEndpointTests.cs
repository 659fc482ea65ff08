using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Publishing;
using OrleansGateway.Tests.Unit.Channels;

namespace OrleansGateway.Tests.Unit.Publishing;

public class PublishEndpointTests
{
    private readonly List<PublishRequest> _requests = [];
    private PublishResult _result = new(PublishStatus.Accepted, "aaaa", 5, 1_700_000_000_123);

    [Fact]
    public async Task Handle_Keyed_HandsTheKeyToTheChannel()
    {
        var (status, headers, body) = await Post("hi", "text/plain", key: "\"k\"");
        Assert.Equal((200, "OK\n", "aaaa-5"), (status, body, headers["Message-Id"].ToString()));
        Assert.Equal(new PublishGroup(1, "k"), Assert.Single(Assert.Single(_requests).Groups!));
    }

    [Fact]
    public async Task Handle_KeyOfAnother_Is422()
    {
        _result = new(PublishStatus.KeyReused, "", 0, 0);
        var (status, headers, body) = await Post("hi", "text/plain", key: "k");
        Assert.Equal((422, "application/problem+json"), (status, headers.ContentType.ToString()));
        Assert.Contains("'k'", body, StringComparison.Ordinal);
        Assert.False(headers.ContainsKey("Message-Id"));
    }

    [Theory]
    [InlineData("", "\"\"", null, 400)]
    [InlineData("?batch=1", null, "text/plain", 415)]
    [InlineData("?batch=1", null, "application/x-ndjson", 400)]
    public async Task Handle_Malformed_PublishesNothing(string query, string? key, string? type, int expected)
    {
        var (status, _, _) = await Post("not json", type, key, query);
        Assert.Equal(expected, status);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task Handle_Batch_IsOneGroupAndAnswersWithFirstAndLast()
    {
        var (status, headers, body) = await Post("{\"n\":1}\n\n2\n\"3\"\n", "application/x-ndjson", "k", "?batch=1");
        Assert.Equal((200, "aaaa-7", "aaaa-5"), (status, headers["Message-Id"].ToString(), headers["First-Message-Id"].ToString()));
        Assert.Equal("""{"first":"aaaa-5","last":"aaaa-7","count":3,"channel":"c","time":"2023-11-14T22:13:20.123Z"}""", body);
        Assert.Equal("application/json", headers.ContentType.ToString());
        var request = Assert.Single(_requests);
        Assert.Equal([new PublishGroup(3, "k")], request.Groups!);
        Assert.Equal(["{\"n\":1}", "2", "\"3\""], request.Messages.Select(x => Encoding.UTF8.GetString(x.Body)));
        Assert.All(request.Messages, x => Assert.Equal("application/json", x.ContentType));
    }

    [Fact]
    public async Task Handle_NdjsonWithoutBatch_IsOneMessage()
    {
        await Post("1\n2\n", "application/x-ndjson");
        Assert.Equal("1\n2\n", Encoding.UTF8.GetString(Assert.Single(Assert.Single(_requests).Messages).Body));
    }

    [Fact]
    public async Task Handle_BatchLargerThanAMessage_Is413()
    {
        var (status, _, _) = await Post(new string('1', 101), "application/x-ndjson", query: "?batch=1");
        Assert.Equal(413, status);
    }

    private async Task<(int Status, IHeaderDictionary Headers, string Body)> Post(string body, string? type, string? key = null, string query = "")
    {
        var grain = Fake.Of<IChannelGrain>((_, arguments) =>
        {
            _requests.Add((PublishRequest)arguments[0]!);
            return Task.FromResult(_result with { Groups = _requests[^1].Groups is null ? null : [_result] });
        });
        var options = new Fixed(new FrontendOptions { MaxMessageBytes = 100 });
        var publisher = new Publisher(Fake.Of<IClusterClient>((_, _) => grain), options, TimeProvider.System, NullLogger<Publisher>.Instance);
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        context.Request.ContentType = type;
        context.Request.QueryString = new QueryString(query);
        if (key is not null)
        {
            context.Request.Headers["Idempotency-Key"] = key;
        }

        var answer = new MemoryStream();
        context.Response.Body = answer;
        await new PublishEndpoint(publisher, options).Handle(context, "c");
        return (context.Response.StatusCode, context.Response.Headers, Encoding.UTF8.GetString(answer.ToArray()));
    }

    private sealed class Fixed(FrontendOptions value) : IOptionsMonitor<FrontendOptions>
    {
        public FrontendOptions CurrentValue => value;

        public FrontendOptions Get(string? name) => value;

        public IDisposable? OnChange(Action<FrontendOptions, string?> listener) => null;
    }
}
