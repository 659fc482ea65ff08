using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Publishing;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Publishing;

public class ChannelPublisherTests
{
    private readonly FakeCalls _calls = new();
    private readonly ChannelPublisher _publisher;

    public ChannelPublisherTests() => _publisher = new ChannelPublisher(_calls, "c");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Send_PublishesThatCameMeanwhile_GoInOneCallInOrder(bool isPresent)
    {
        _calls.Present = isPresent ? new FakePresent(_calls) : null;
        var (a, run) = Add(Message("a"));
        Assert.True(run);
        _publisher.Send();
        (var b, run) = Add(Message("b"));
        var (c, _) = Add(new Publication(default, [Draft("c"), Draft("d")], "key"));
        var (e, _) = Add(Message("e"));
        Assert.False(run);
        _calls.Answer();
        await _calls.Ended;
        Assert.Equal([1, 2, 3, 5], new[] { await a.Answer, await b.Answer, await c.Answer, await e.Answer }.Select(x => x.FirstOffset));
        Assert.Equal(["a", "bcde"], _calls.Bodies);
        Assert.Null(_calls.Requests[0].Groups);
        Assert.Equal([new PublishGroup(1), new PublishGroup(2, "key"), new PublishGroup(1)], _calls.Requests[1].Groups!);
        Assert.Equal(isPresent ? 0 : 2, _calls.Messages);
    }

    [Fact]
    public async Task TryAdd_AfterTheLastWasSent_NeedsANewOne()
    {
        _calls.Answer();
        Add(Message("a"));
        _publisher.Send();
        await _calls.Ended;
        Assert.False(_publisher.TryAdd(new FakePublish(Message("b")), out var run));
        Assert.False(run);
    }

    [Fact]
    public async Task TryEnd_WhileItWaits_IsNotPublished()
    {
        var (a, _) = Add(Message("a"));
        _publisher.Send();
        var (b, _) = Add(Message("b"));
        var (c, _) = Add(Message("c"));

        Assert.True(a.TryEnd(out var wasTaken));
        Assert.True(wasTaken);
        Assert.True(b.TryEnd(out wasTaken));
        Assert.False(wasTaken);
        Assert.False(b.TryEnd(out _));
        _calls.Answer();
        await _calls.Ended;

        // What was given up hears of no answer.
        Assert.False(a.Answer.IsCompleted);
        Assert.False(b.Answer.IsCompleted);
        Assert.Equal(2, (await c.Answer).FirstOffset);
        Assert.Equal(["a", "c"], _calls.Bodies);
    }

    [Fact]
    public void FindOlder_SomeUnderWayAndSomeThatWait_FindsThoseThatHaveNotEnded()
    {
        var (a, _) = Add(Message("a"), begun: 1);
        _publisher.Send();
        var (b, _) = Add(Message("b"), begun: 2);
        var (c, _) = Add(Message("c"), begun: 3);
        Add(Message("d"), begun: 4);
        Assert.Equal([a, b, c], Older(than: 4));
        b.TryEnd(out _);
        Assert.Equal([a, c], Older(than: 4));
        _calls.Answer();
        Assert.Empty(Older(than: 9));
    }

    [Fact]
    public async Task Send_CallFails_FailsItsPublishes()
    {
        _calls.Answer(new TimeoutException());
        var (a, _) = Add(Message("a"));
        _publisher.Send();
        await Assert.ThrowsAsync<TimeoutException>(() => a.Answer);
        await _calls.Ended;
    }

    [Fact]
    public async Task Send_PresentChannelLeaves_GoesOnByMessagesInOrder()
    {
        var present = new FakePresent(_calls);
        _calls.Present = present;
        var (a, _) = Add(Message("a"));
        _publisher.Send();
        var (b, _) = Add(Message("b"));
        present.Leave();
        _calls.Answer(new ChannelMovedException("it left"));
        await _calls.Ended;
        Assert.Equal([1, 2], new[] { await a.Answer, await b.Answer }.Select(x => x.FirstOffset));
        Assert.Equal(["a", "a", "b"], _calls.Bodies);
        Assert.Equal(2, _calls.Messages);

        // It has not taken the first: it must not be held for one that may have come before.
        Assert.Same(_calls.Requests[0], _calls.Requests[1]);
        Assert.Equal([false, false], _calls.Agains);
    }

    [Fact]
    public async Task Send_PresentChannelFails_IsTriedAgainByMessageAsMaybeTaken()
    {
        _calls.Present = new FakePresent(_calls);
        var (a, _) = Add(Message("a"));
        _publisher.Send();
        _calls.Answer(new InvalidOperationException());
        Assert.Equal(1, (await a.Answer.WaitAsync(Eventually.Deadline)).FirstOffset);
        Assert.Same(_calls.Requests[0], _calls.Requests[1]);
        Assert.Equal([true], _calls.Agains);
    }

    [Fact]
    public async Task Send_PresentChannelLostIt_FailsItsPublishes()
    {
        _calls.Present = new FakePresent(_calls);
        var (a, _) = Add(Message("a"));
        _publisher.Send();
        _calls.Answer(new ChannelLostException("it does not know"));
        await Assert.ThrowsAsync<ChannelLostException>(() => a.Answer);
        Assert.Equal(0, _calls.Messages);
    }

    private (FakePublish Publish, bool Run) Add(Publication publication, long begun = 0)
    {
        var publish = new FakePublish(publication, begun);
        Assert.True(_publisher.TryAdd(publish, out var run));
        return (publish, run);
    }

    private List<PendingPublish> Older(long than)
    {
        List<PendingPublish> found = [];
        _publisher.FindOlder(than, found);
        return found;
    }

    private static Publication Message(string text) => new(Draft(text));

    private static MessageDraft Draft(string text) => new(null, Encoding.UTF8.GetBytes(text));

    private sealed class FakePublish(in Publication publication, long begun = 0) : PendingPublish(publication, begun)
    {
        private readonly TaskCompletionSource<PublishResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<PublishResult> Answer => _answer.Task;

        protected override void OnAnswered(in PublishResult result) => _answer.SetResult(result);

        protected override void OnFailed(Exception exception) => _answer.SetException(exception);
    }

    /// <summary>A channel: the first request is answered when the test says so, or fails.</summary>
    private sealed class FakeCalls : IChannelCalls
    {
        private readonly TaskCompletionSource _first = new();
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _failure;
        private long _next = 1;

        public FakePresent? Present { get; set; }

        public List<PublishRequest> Requests { get; } = [];

        public IEnumerable<string> Bodies => Requests.Select(x => string.Concat(x.Messages.Select(y => Encoding.UTF8.GetString(y.Body))));

        /// <summary>What the messages said of whether they came before.</summary>
        public List<bool> Agains { get; } = [];

        public int Messages => Agains.Count;

        public Task Ended => _ended.Task.WaitAsync(Eventually.Deadline);

        public void Answer(Exception? failure = null)
        {
            _failure = failure;
            _first.SetResult();
        }

        public async Task<PublishResult> Take(PublishRequest request)
        {
            Requests.Add(request);
            await _first.Task;
            if (Interlocked.Exchange(ref _failure, null) is { } failure)
            {
                throw failure;
            }

            var groups = new List<PublishResult>();
            foreach (var group in request.Groups ?? [new PublishGroup(request.Messages.Length)])
            {
                groups.Add(new PublishResult(PublishStatus.Accepted, "aaaa", _next, 0));
                _next += group.Count;
            }

            return groups[0] with { Groups = request.Groups is null ? null : [.. groups] };
        }

        public IPresentChannel? Find(string channel) => Present is { IsOpen: true } ? Present : null;

        public PublishOrigin NextOrigin() => new(Guid.Empty, 1);

        public Task<PublishResult> Call(string channel, PublishRequest request, bool again)
        {
            Agains.Add(again);
            return Take(request);
        }

        public void Over(ChannelPublisher publisher) => _ended.TrySetResult();
    }

    private sealed class FakePresent(FakeCalls calls) : IPresentChannel
    {
        public bool IsOpen { get; private set; } = true;

        public void Leave() => IsOpen = false;

        public void Run(Action<object> action, object state) => action(state);

        public async ValueTask<PublishResult> Take(PublishRequest request) => await calls.Take(request);
    }
}
