using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Streams;
using OrleansGateway.Tests.Unit.Channels;
using OrleansGateway.Tests.Unit.Cluster;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Streams;

/// <summary>The consuming half beside the real <see cref="StreamHost"/>, of which the test says when its answers arrive.</summary>
public sealed class StreamConsumerTests : IAsyncDisposable
{
    private static readonly StreamId Stream = StreamId.Create("channel", "a");
    private static readonly SiloAddress Silo = FakeMembership.Silo(1);

    private readonly ManualTime _time = new();
    private readonly StreamHost _host;
    private readonly StreamConsumer _consumer;
    private int _renewals;
    private Func<Func<LeaseAnswer>, LeaseAnswer> _renew = x => x();
    private Task _subscribed = Task.CompletedTask;

    public StreamConsumerTests()
    {
        _host = new StreamHost(_time);
        var leases = Fake.Of<IStreamLeases>((_, arguments) =>
        {
            _renewals++;
            return Task.FromResult(_renew(() => _host.Renew((Guid)arguments[0]!, (long)arguments[1]!)));
        });
        var grains = Fake.Of<IGrainFactory>((method, arguments) => method.Name == nameof(IGrainFactory.GetGrain) ? leases : arguments[0]);
        _consumer = new StreamConsumer(grains, NullLogger<StreamConsumer>.Instance, _time);
    }

    public ValueTask DisposeAsync() => _consumer.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Renew_StreamEndedBeforeItsSubscriptionWasAnswered_IsInterrupted(bool isAnsweredBeforeTheRenewal)
    {
        // Something else is held there, so that the lease is renewed.
        await Subscribe(StreamId.Create("channel", "b"), new Target());
        await Eventually.TrueAsync(() => _time.IsAwaited(StreamConsumer.RenewPeriod), "it renews");
        var (target, answer) = (new Target(), new TaskCompletionSource());
        _subscribed = answer.Task;
        var subscribing = Subscribe(Stream, target);
        _renew = renew =>
        {
            _renew = x => x();
            _host.End(Stream);
            var told = renew();
            if (isAnsweredBeforeTheRenewal)
            {
                answer.SetResult();
                SpinWait.SpinUntil(() => subscribing.IsCompleted, Eventually.Deadline);
            }

            return told;
        };
        await Renew();
        await Renew();
        answer.TrySetResult();
        await subscribing.WaitAsync(Eventually.Deadline);
        await Renew();

        await Eventually.TrueAsync(() => target.Errors > 0, "it hears that the stream ended");
    }

    private async Task Renew()
    {
        var before = _renewals;
        _time.Advance(StreamConsumer.RenewPeriod);
        await Eventually.TrueAsync(() => _renewals > before, "the next renewal");
    }

    private Task Subscribe(StreamId stream, Target target) => _consumer.Subscribe(
        target.Of(stream),
        Fake.Of<IStreamProducer>((_, arguments) => Add((Guid)arguments[1]!, (Guid)arguments[2]!, (IStreamConsumer)arguments[3]!, stream)));

    private async Task<SiloAddress> Add(Guid subscription, Guid holder, IStreamConsumer consumer, StreamId stream)
    {
        _host.Add(stream, new Outbox(subscription, holder, consumer, _time), null);
        await _subscribed;
        return Silo;
    }

    private sealed class Target : IStreamTarget
    {
        private int _errors;

        public int Errors => Volatile.Read(ref _errors);

        public StreamId StreamId { get; private set; }

        public Guid HandleId { get; } = Guid.NewGuid();

        public Target Of(StreamId stream)
        {
            StreamId = stream;
            return this;
        }

        public Task OnItems(object[] items) => Task.CompletedTask;

        public Task OnError(Exception exception)
        {
            Interlocked.Increment(ref _errors);
            return Task.CompletedTask;
        }
    }
}
