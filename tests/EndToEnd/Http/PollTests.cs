using System.Net;
using System.Text.Json;
using OrleansGateway.Tests.Harness;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.EndToEnd.Http;

/// <summary>What there is, and an end: <c>?poll=1</c>.</summary>
[Collection(UnhurtNodes.Name)]
public sealed class PollTests(SharedNodes shared, ITestOutputHelper output) : IDisposable
{
    private readonly string _channel = SharedNodes.FreshChannel();

    public void Dispose() => shared.Nodes.Show(output);

    [Fact]
    public async Task Poll_FromWhereTheLastOneEnded_GetsEachMessageOnce()
    {
        var seen = new List<string>();
        var next = string.Empty;
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < round; i++)
            {
                await shared.Nodes.Publish(1, _channel, $"{round} {i}");
            }

            var (status, id, body) = await Poll((round % 3) + 1, next.Length > 0 ? $"since={next}" : string.Empty);
            Assert.Equal(HttpStatusCode.OK, status);
            seen.AddRange(body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(x => JsonDocument.Parse(x).RootElement.GetProperty("data").GetString()!));
            next = id;
        }

        Assert.Equal(Enumerable.Range(0, 5).SelectMany(x => Enumerable.Range(0, x).Select(y => $"{x} {y}")), seen);
        Assert.EndsWith("-10", next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poll_NothingThere_IsAnEmptyAnswerOr204WithTheIdToGoOnFrom()
    {
        var (status, id, body) = await Poll(1, string.Empty);
        Assert.Equal((HttpStatusCode.OK, string.Empty), (status, body));
        Assert.EndsWith("-0", id, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NoContent, id, string.Empty), await Poll(2, $"since={id}&wait=1s"));
    }

    [Fact]
    public async Task Poll_Waiting_IsAnsweredByTheFirstMessage()
    {
        var polls = new[] { 1, 2, 3 }.Select(x => Poll(x, "wait=60s&as=raw")).ToList();
        await Task.WhenAll(new[] { 1, 2, 3 }.Select(x => Poll(x, "wait=1s&since=none")));
        await shared.Nodes.Publish(2, _channel, "first");
        foreach (var (status, id, body) in await Task.WhenAll(polls).WaitAsync(TimeSpan.FromSeconds(15)))
        {
            Assert.Equal((HttpStatusCode.OK, "first\n"), (status, body));
            Assert.EndsWith("-1", id, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Poll_MoreThanANodeHoldsInMemory_IsAllOfIt()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 1000));
        for (var i = 0; i < 3; i++)
        {
            using var batch = new StringContent(lines, null, "application/x-ndjson");
            using var answer = await shared.Http.PostAsync(new Uri(shared.Nodes.Address(1), $"{_channel}?batch=1"), batch);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        var (_, id, body) = await Poll(3, "as=raw");
        Assert.Equal(string.Concat(Enumerable.Repeat(lines + "\n", 3)), body);
        Assert.EndsWith("-3000", id, StringComparison.Ordinal);
        Assert.Equal("999\n", (await Poll(2, "as=raw&since=latest")).Body);
    }

    [Fact]
    public async Task Poll_IdOfAnotherEpoch_SaysTheGap()
    {
        await shared.Nodes.Publish(1, _channel, "hi");
        var (_, id, body) = await Poll(2, "since=gone-7");
        var events = body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var epoch = id[..^2];
        Assert.Equal(
            $$"""{"event":"gap","id":"{{epoch}}-0","channel":"{{_channel}}","after":"gone-7","resumed":"{{epoch}}-0","missed":null}""", events[0]);
        Assert.Contains("\"data\":\"hi\"", events[1], StringComparison.Ordinal);
        using var raw = await shared.Http.GetAsync(new Uri(shared.Nodes.Address(2), $"{_channel}?poll=1&as=raw&since=gone-7"));
        Assert.Equal("after=gone-7", raw.Headers.GetValues("Gateway-Gap").Single());
        Assert.Equal("hi\n", await raw.Content.ReadAsStringAsync());
    }

    private async Task<(HttpStatusCode Status, string Id, string Body)> Poll(int node, string query)
    {
        using var answer = await shared.Http.GetAsync(new Uri(shared.Nodes.Address(node), $"{_channel}?poll=1&{query}"));
        return (answer.StatusCode, answer.Headers.GetValues("Last-Event-ID").Single(), await answer.Content.ReadAsStringAsync());
    }
}
