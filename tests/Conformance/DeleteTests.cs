namespace OrleansGateway.Tests.Conformance;

/// <summary>Contract, part 1: Slow and gone: <c>DELETE</c>.</summary>
public sealed class DeleteTests : ConformanceTest
{
    public static TheoryData<string> FormsWithIds => [.. Subscription.FormsWithIds];

    [Fact(DisplayName = "DELETE forgets the log and its keys; the epoch changes; 204, also where there was nothing")]
    public async Task Delete_Channel_ForgetsMessagesAndKeys()
    {
        await Http.Publish(A, Channel, "before", "Idempotency-Key: k");
        var before = await Http.Publish(A, Channel, "before 2");
        foreach (var node in new[] { B, C })
        {
            var answer = await Http.Send(node, "DELETE", $"/{Channel}", null);
            Assert.Equal((204, string.Empty, null), (answer.Status, answer.Text, answer["Content-Type"]));
        }

        foreach (var node in new[] { A, B, C })
        {
            Assert.Empty(await Http.Texts(node, Channel));
        }

        var after = await Http.Publish(B, Channel, "after", "Idempotency-Key: k");
        Assert.EndsWith("-1", after, StringComparison.Ordinal);
        Assert.NotEqual(before.Split('-')[0], after.Split('-')[0]);
        Assert.Equal(["after"], await Http.Texts(A, Channel));
    }

    [Theory(DisplayName = "… and ends its subscribers (end with reason deleted), on all nodes")]
    [MemberData(nameof(FormsWithIds))]
    public async Task Delete_Channel_TellsItsSubscribers(string form)
    {
        await Http.Publish(A, Channel, "before");
        var subscriptions = new List<Subscription>();
        foreach (var node in new[] { A, B, C })
        {
            subscriptions.Add(await Subscription.Open(node, Channel, form, "since=all"));
            await subscriptions[^1].NextEvent("message");
        }

        await Http.Send(B, "DELETE", $"/{Channel}", null);
        foreach (var subscription in subscriptions)
        {
            // Who is still reading what is kept may be told of the new epoch before.
            var end = await subscription.NextEvent("end");
            Assert.Equal(("end", "deleted", Channel), (end.Event, end.Json.GetProperty("reason").GetString(), end.Json.GetProperty("channel").GetString()));
            subscription.Dispose();
        }
    }

    [Theory(DisplayName = "… raw and tail are finished, with a last chunk")]
    [InlineData("raw")]
    [InlineData("tail")]
    [InlineData("json")]
    [InlineData("sse")]
    public async Task Delete_Channel_FinishesItsStreams(string form)
    {
        using var connection = await Http.Open(A, "GET", $"/{Channel}?as={form}", null);
        var body = connection.BodyOf(await connection.ReadHead());
        await Http.Send(B, "DELETE", $"/{Channel}", null);

        // It throws where the stream is cut.
        await body.CopyToAsync(Stream.Null).WaitAsync(Connection.Patience);
    }

    [Theory(DisplayName = "… WS close 1000")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Delete_Channel_ClosesItsWebSockets(bool isJson)
    {
        using var socket = await SocketSubscription.Open(A, $"/{Channel}", isJson);
        if (isJson)
        {
            await socket.NextEvent("open");
        }

        await Http.Send(B, "DELETE", $"/{Channel}", null);
        if (isJson)
        {
            Assert.Equal("deleted", (await socket.NextEvent("end")).Json.GetProperty("reason").GetString());
        }

        await socket.NextEvent("close");
        Assert.Equal((1000, "deleted"), socket.Closed);
    }
}
