using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Publishing;

public sealed class PublisherTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly ManualTime _time = new();
    private readonly TaskCompletionSource<PublishResult> _answer = new();
    private readonly List<PublishRequest> _calls = [];
    private readonly Publisher _publisher;
    private int _lost;

    public PublisherTests()
    {
        var grain = Fake.Of<IChannelGrain>((_, arguments) => Answer((PublishRequest)arguments[0]!));
        _publisher = new Publisher(
            Fake.Of<IClusterClient>((_, _) => grain), new Fixed(new FrontendOptions { PublishTimeout = Limit }), _time, NullLogger<Publisher>.Instance);
    }

    public void Dispose() => _publisher.Dispose();

    [Fact]
    public async Task Publish_NoAnswerInTime_IsGivenUpAndSaysWhatMayHaveBecomeOfIt()
    {
        var (taken, waiting) = (Publish(), Publish());
        Advance(Limit - (2 * BetweenLooks));
        Assert.False(taken.IsCompleted);
        var later = Publish();

        // At the limit at the latest.
        Advance(2 * BetweenLooks);
        Assert.Contains("may or may not", (await taken.WaitAsync(Eventually.Deadline)).Problem!.Detail, StringComparison.Ordinal);
        Assert.Contains("Nothing was published", (await waiting.WaitAsync(Eventually.Deadline)).Problem!.Detail, StringComparison.Ordinal);
        Assert.False(later.IsCompleted);

        // What was given up is neither answered again nor published.
        _answer.SetResult(new PublishResult(PublishStatus.Accepted, "aaaa", 7, 0));
        Assert.Equal(7, (await later.WaitAsync(Eventually.Deadline)).Result.FirstOffset);
    }

    /// <summary>A node died with it, or the answer was lost: whoever comes behind it is not held up for as long as the runtime waits.</summary>
    [Fact]
    public async Task Publish_CallThatIsNeverAnswered_IsMadeAgainAsOneThatMayHaveBeenTaken()
    {
        _lost = 1;
        _answer.SetResult(new PublishResult(PublishStatus.Accepted, "aaaa", 7, 0));
        var (publish, behind) = (Publish(), Publish());
        Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(7, (await publish.WaitAsync(Eventually.Deadline)).Result.FirstOffset);
        Assert.Null((await behind.WaitAsync(Eventually.Deadline)).Problem);
        Assert.Equal([false, true, false], _calls.Select(x => x.Origin!.Again));
        Assert.Equal(_calls[0].Origin!.Sequence, _calls[1].Origin!.Sequence);
    }

    [Fact]
    public async Task Publish_NothingUnderWay_LooksForNothing()
    {
        _answer.SetResult(new PublishResult(PublishStatus.Accepted, "aaaa", 1, 0));
        await Publish().WaitAsync(Eventually.Deadline);
        Assert.True(_time.IsAwaited(BetweenLooks));
        _time.Advance(BetweenLooks);
        Assert.False(_time.IsAwaited(BetweenLooks));
    }

    [Fact]
    public async Task Publish_AWaiterFails_TheOthersGetTheirAnswers()
    {
        _publisher.Publish("c", Message(), new FailingWaiter());
        var (second, third) = (Publish(), Publish());
        _answer.SetResult(new PublishResult(PublishStatus.Accepted, "aaaa", 1, 0));
        Assert.Null((await second.WaitAsync(Eventually.Deadline)).Problem);
        Assert.Null((await third.WaitAsync(Eventually.Deadline)).Problem);
    }

    private Task<PublishResult> Answer(PublishRequest request)
    {
        _calls.Add(request);
        return Interlocked.Decrement(ref _lost) < 0 ? _answer.Task : new TaskCompletionSource<PublishResult>().Task;
    }

    private Task<(PublishResult Result, Problem? Problem)> Publish() => _publisher.Publish("c", Message());

    private static Publication Message() => new(new MessageDraft(null, [1]));

    // Step by step: each look asks for the next.
    private void Advance(TimeSpan by)
    {
        for (var gone = TimeSpan.Zero; gone < by; gone += BetweenLooks)
        {
            _time.Advance(BetweenLooks);
        }
    }

    private sealed class FailingWaiter : IPublishWaiter
    {
        public void Answered(in PublishResult result, Problem? problem) => throw new InvalidOperationException();
    }

    private sealed class Fixed(FrontendOptions value) : IOptionsMonitor<FrontendOptions>
    {
        public FrontendOptions CurrentValue => value;

        public FrontendOptions Get(string? name) => value;

        public IDisposable? OnChange(Action<FrontendOptions, string?> listener) => null;
    }
}
