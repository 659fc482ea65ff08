using System.Diagnostics;

namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Subscribe: <c>?poll=1</c>.</summary>
public sealed class PollTests : ConformanceTest
{
    [Fact(DisplayName = "Answers at once with the messages since `since` (default all), in the json form, messages alone, and ends; Last-Event-ID: what to ask with next")]
    public async Task Poll_FromWhereTheLastOneEnded_GetsEachMessageOnce()
    {
        var (seen, next) = (new List<string>(), string.Empty);
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < round; i++)
            {
                await Http.Publish(A, Channel, $"{round} {i}");
            }

            var answer = await Http.Get(new[] { A, B, C }[round % 3], $"/{Channel}?poll=1&since={next}");
            Assert.Equal((200, "application/x-ndjson", "no-cache"), (answer.Status, answer["Content-Type"], answer["Cache-Control"]));
            Assert.All(answer.Lines, x => Assert.Equal(["event", "id", "channel", "time", "type", "data"], x.EnumerateObject().Select(y => y.Name)));
            seen.AddRange(answer.Lines.Select(x => x.GetProperty("data").GetString()!));
            next = answer["Last-Event-ID"]!;
        }

        Assert.Equal(Enumerable.Range(0, 5).SelectMany(x => Enumerable.Range(0, x).Select(y => $"{x} {y}")), seen);
        Assert.EndsWith("-10", next, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "Last-Event-ID also on an empty 200")]
    public async Task Poll_OfNothing_IsAnEmpty200WithTheId()
    {
        var answer = await Http.Get(A, $"/{Channel}?poll=1");
        Assert.Equal((200, string.Empty), (answer.Status, answer.Text));
        var id = answer["Last-Event-ID"];
        Assert.EndsWith("-0", id, StringComparison.Ordinal);
        var published = await Http.Publish(B, Channel, "x");
        Assert.Equal((string.Empty, published), ((await Http.Get(C, $"/{Channel}?poll=1&since={published}")).Text, (await Http.Get(C, $"/{Channel}?poll=1&since=none"))["Last-Event-ID"]));
        Assert.Equal("x", (await Http.Get(C, $"/{Channel}?poll=1&since={id}")).Lines[0].GetProperty("data").GetString());
    }

    [Fact(DisplayName = "With &wait=, 204 when none came, with Last-Event-ID")]
    public async Task Poll_WaitingForNothing_Is204()
    {
        var id = await Http.Publish(A, Channel, "x");
        var begun = Stopwatch.GetTimestamp();
        var answer = await Http.Get(B, $"/{Channel}?poll=1&since={id}&wait=1s");
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0.9, 5);
        Assert.Equal((204, id, null, string.Empty), (answer.Status, answer["Last-Event-ID"], answer["Content-Type"], answer.Text));
    }

    [Theory(DisplayName = "With &wait=30s, waits for the first one")]
    [InlineData("")]
    [InlineData("&as=raw")]
    [InlineData("&since=none")]
    [InlineData("&since=all")]
    public async Task Poll_Waiting_IsAnsweredByTheFirstMessage(string query)
    {
        using var connection = await Http.Open(B, "GET", $"/{Channel}?poll=1&wait=30s{query}", null);

        // Answered after the poll began to wait, since it is of the same node.
        await Http.Get(B, $"/{Channel}?poll=1&wait=1s");
        var id = await Http.Publish(A, Channel, "first");
        var answer = await connection.ReadAnswer();
        Assert.Equal((200, id), (answer.Status, answer["Last-Event-ID"]));
        Assert.Equal("first", query == "&as=raw" ? answer.Text.TrimEnd('\n') : Assert.Single(answer.Lines).GetProperty("data").GetString());
    }

    [Theory(DisplayName = "What is there is not waited for")]
    [InlineData("30s")]
    [InlineData("10m")]
    [InlineData("2h")]
    [InlineData("999999999999h")]
    [InlineData("0s")]
    public async Task Poll_WaitingForWhatIsThere_AnswersAtOnce(string wait)
    {
        await Http.Publish(A, Channel, "x");
        Assert.Equal("x\n", (await Http.Get(B, $"/{Channel}?poll=1&as=raw&wait={wait}")).Text);
    }

    [Fact(DisplayName = "As many as are kept, more than fit into memory at once")]
    public async Task Poll_OfMany_IsAllOfThem()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 1000));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await Http.Post(A, $"/{Channel}?batch=1", lines, "Content-Type: application/x-ndjson")).Status);
        }

        var answer = await Http.Get(C, $"/{Channel}?poll=1&as=raw");
        Assert.Equal(string.Concat(Enumerable.Repeat(lines + "\n", 3)), answer.Text);
        Assert.EndsWith("-3000", answer["Last-Event-ID"], StringComparison.Ordinal);
        Assert.Equal("999\n", (await Http.Get(B, $"/{Channel}?poll=1&as=raw&since=latest")).Text);
    }
}
