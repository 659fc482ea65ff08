using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Publishing;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Publishing;

public class ChannelPublisherTests
{
    private readonly List<PublishRequest> _calls = [];
    private readonly TaskCompletionSource _first = new();
    private long _next = 1;

    [Fact]
    public async Task Send_PublishesThatCameMeanwhile_GoInOneCallInOrder()
    {
        var publisher = new ChannelPublisher(Answer);
        var a = publisher.TryAdd(Message("a"), out var run);
        Assert.True(run);
        var sending = publisher.Send();
        var b = publisher.TryAdd(Message("b"), out run);
        var c = publisher.TryAdd(new Publication(default, [Draft("c"), Draft("d")], "key"), out _);
        var e = publisher.TryAdd(Message("e"), out _);
        Assert.False(run);
        _first.SetResult();
        await sending.WaitAsync(Eventually.Deadline);
        Assert.Equal([1, 2, 3, 5], new[] { await a!.Answer, await b!.Answer, await c!.Answer, await e!.Answer }.Select(x => x.FirstOffset));
        Assert.Equal(["a", "bcde"], _calls.Select(x => string.Concat(x.Messages.Select(y => Encoding.UTF8.GetString(y.Body)))));
        Assert.Null(_calls[0].Groups);
        Assert.Equal([new PublishGroup(1), new PublishGroup(2, "key"), new PublishGroup(1)], _calls[1].Groups!);
    }

    [Fact]
    public async Task TryAdd_AfterTheLastWasSent_NeedsANewOne()
    {
        _first.SetResult();
        var publisher = new ChannelPublisher(Answer);
        _ = publisher.TryAdd(Message("a"), out _);
        await publisher.Send();
        Assert.Null(publisher.TryAdd(Message("b"), out var run));
        Assert.False(run);
    }

    [Fact]
    public async Task TryWithdraw_WhileItWaits_IsNotPublished()
    {
        var publisher = new ChannelPublisher(Answer);
        var a = publisher.TryAdd(Message("a"), out _);
        var sending = publisher.Send();
        var b = publisher.TryAdd(Message("b"), out _);
        var c = publisher.TryAdd(Message("c"), out _);

        Assert.False(a!.TryWithdraw());
        Assert.True(b!.TryWithdraw());
        _first.SetResult();
        await sending.WaitAsync(Eventually.Deadline);

        Assert.Equal([1, 2], new[] { await a.Answer, await c!.Answer }.Select(x => x.FirstOffset));
        Assert.Equal(["a", "c"], _calls.Select(x => string.Concat(x.Messages.Select(y => Encoding.UTF8.GetString(y.Body)))));
    }

    [Fact]
    public async Task Send_CallFails_FailsItsPublishes()
    {
        var publisher = new ChannelPublisher(_ => Task.FromException<PublishResult>(new TimeoutException()));
        var a = publisher.TryAdd(Message("a"), out _);
        await publisher.Send();
        await Assert.ThrowsAsync<TimeoutException>(() => a!.Answer);
    }

    private async Task<PublishResult> Answer(PublishRequest request)
    {
        _calls.Add(request);
        await _first.Task;
        var groups = new List<PublishResult>();
        foreach (var group in request.Groups ?? [new PublishGroup(request.Messages.Length)])
        {
            groups.Add(new PublishResult(PublishStatus.Accepted, "aaaa", _next, 0));
            _next += group.Count;
        }

        return groups[0] with { Groups = request.Groups is null ? null : [.. groups] };
    }

    private static Publication Message(string text) => new(Draft(text));

    private static MessageDraft Draft(string text) => new(null, Encoding.UTF8.GetBytes(text));
}
