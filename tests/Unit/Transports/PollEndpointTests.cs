using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Http;
using OrleansGateway.Selections;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Tests.Unit.Selections;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

/// <summary>Polls of a prefix where messages are in memory, so that no cursor says what was seen below it.</summary>
public sealed class PollEndpointTests : IDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly MemoryNode _node;

    public PollEndpointTests()
    {
        _time.Advance(TimeSpan.FromDays(1));
        _node = new MemoryNode(_time);
        _node.Tell();
    }

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task Handle_WaitsBelowAPrefixInMemory_GetsTheMessageThatComes()
    {
        var poll = Poll(new Since(SinceKind.All), Wait);
        await Eventually.TrueAsync(() => _node.Channel.Reads > 0, "it looks what there is");
        await _node.Channel.Publish();
        var answer = await poll.WaitAsync(Eventually.Deadline);
        Assert.Equal(["message aaaa-1"], answer.Events);
        Assert.Equal(answer.Ids[^1], answer.Last);
    }

    [Fact]
    public async Task Handle_CursorOfAPrefixInMemory_GetsTheGapWithTheMessageThatComes()
    {
        await _node.Channel.Publish();
        var before = await Poll(new Since(SinceKind.All), TimeSpan.Zero);
        Assert.Equal(["message aaaa-1"], before.Events);

        var poll = Poll(Cursor.Parse(before.Last)!, Wait);
        await Eventually.TrueAsync(() => _time.IsAwaited(Wait), "it waits");
        await _node.Channel.Publish();
        var answer = await poll.WaitAsync(Eventually.Deadline);
        Assert.Equal(["gap", "message aaaa-2"], answer.Events);
        Assert.Equal(answer.Ids[^1], answer.Last);
    }

    [Fact]
    public async Task Handle_CursorOfAPrefixInMemoryAndNothingComes_GetsTheGapAtTheEndOfTheWait()
    {
        var before = await Poll(new Since(SinceKind.All), TimeSpan.Zero);
        var poll = Poll(Cursor.Parse(before.Last)!, Wait);
        await Eventually.TrueAsync(() => _time.IsAwaited(Wait), "it waits");
        Assert.False(poll.IsCompleted);
        _time.Advance(Wait);
        Assert.Equal(["gap"], (await poll.WaitAsync(Eventually.Deadline)).Events);
    }

    private Task<Answer> Poll(Cursor cursor, TimeSpan wait) => Poll(new Since(SinceKind.Cursor, Cursor: cursor), wait);

    private async Task<Answer> Poll(Since since, TimeSpan wait)
    {
        var body = new MemoryStream();
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Protocol, context.Response.Body) = ("GET", "HTTP/1.1", body);
        await new PollEndpoint(_node.Relays, _node.Options, _node.Lifetime, _time)
            .Handle(context, MemoryNode.Prefix, new PollRequest(MessageEncoder.Json, wait), since);
        await context.Response.BodyWriter.FlushAsync();
        var lines = Encoding.UTF8.GetString(body.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(x => JsonDocument.Parse(x).RootElement).ToList();
        Assert.Equal(StatusCodes.Status200OK, context.Response.StatusCode);
        return new Answer(
            [.. lines.Select(x => x.TryGetProperty("data", out var data) ? $"message {data}" : $"{x.GetProperty("event")}")],
            [.. lines.Select(x => $"{x.GetProperty("id")}")],
            context.Response.Headers["Last-Event-ID"].ToString());
    }

    private sealed record Answer(IReadOnlyList<string> Events, IReadOnlyList<string> Ids, string Last);
}
