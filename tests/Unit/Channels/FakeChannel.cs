using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using OrleansGateway.Channels;
using OrleansGateway.Streams;

namespace OrleansGateway.Tests.Unit.Channels;

/// <summary>
/// A channel and its stream without a cluster: it numbers and keeps like the real one; whether and when its batches arrive
/// is the test's affair.
/// </summary>
internal sealed class FakeChannel(TimeProvider time, RetentionOptions? retention = null) : IChannelGrain
{
    private readonly RetentionOptions _retention = retention ?? new RetentionOptions();
    private readonly Lock _lock = new();
    private ChannelHistory _history = new(() => retention ?? new RetentionOptions());
    private int _reads;

    public string Epoch { get; private set; } = "aaaa";

    public long Term { get; private set; } = 1;

    /// <summary>What happens to a call before it is answered; a failed task fails it.</summary>
    public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

    /// <summary>The observers that are subscribed now.</summary>
    public List<IAsyncObserver<MessageBatch>> Subscribers { get; } = [];

    public int Reads => Volatile.Read(ref _reads);

    /// <summary>What the callers said that they had seen.</summary>
    public List<ChannelPosition> Seen { get; } = [];

    public ChannelPosition Position => new(Term, Epoch, _history.Newest);

    /// <summary>A cluster client that leads to this channel, whatever its name.</summary>
    public IClusterClient Client()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(time);
        var stream = Fake.Of<IAsyncStream<MessageBatch>>((method, arguments) => method.Name switch
        {
            nameof(IAsyncStream<>.SubscribeAsync) => Subscribe((IAsyncObserver<MessageBatch>)arguments[0]!),
            _ => throw new NotSupportedException(method.Name),
        });
        services.AddKeyedSingleton(ChannelStreams.Provider, Fake.Of<IStreamProvider>((_, _) => stream));
        var provider = services.BuildServiceProvider();
        return Fake.Of<IClusterClient>((method, _) => method.Name switch
        {
            nameof(IClusterClient.GetGrain) => this,
            "get_" + nameof(IClusterClient.ServiceProvider) => provider,
            _ => throw new NotSupportedException(method.Name),
        });
    }

    /// <summary>Publishes a batch that does not arrive by itself.</summary>
    public MessageBatch Append(int count = 1, int padding = 0, long timeMs = 0)
    {
        lock (_lock)
        {
            var batch = Batches.Of(Epoch, _history.Newest + 1, count, Term, timeMs, padding);
            _history.Append(batch, timeMs);
            return batch;
        }
    }

    /// <summary>Publishes a batch and delivers it.</summary>
    public async Task<MessageBatch> Publish(int count = 1, int padding = 0)
    {
        var batch = Append(count, padding);
        await Deliver(batch);
        return batch;
    }

    public async Task Deliver(MessageBatch batch)
    {
        foreach (var subscriber in Subscribers.ToArray())
        {
            await subscriber.OnNextAsync(batch);
        }
    }

    /// <summary>Its log is lost: another owner begins another epoch.</summary>
    public void Lose(string epoch)
    {
        lock (_lock)
        {
            (Epoch, Term, _history) = (epoch, Term + 1, new ChannelHistory(() => _retention));
        }
    }

    /// <summary>Another owner goes on with the same log.</summary>
    public void Move() => Term++;

    /// <summary>Another owner, whose clock is behind, begins another epoch.</summary>
    public void LoseToAnOwnerOfTerm(long term, string epoch)
    {
        Lose(epoch);
        Term = term;
    }

    /// <summary>Tells the subscribers that they are so no longer, as the provider does when a producer moves.</summary>
    public async Task Interrupt()
    {
        var interrupted = Subscribers.ToArray();
        Subscribers.Clear();
        foreach (var subscriber in interrupted)
        {
            await subscriber.OnErrorAsync(new StreamInterruptedException());
        }
    }

    public async Task<ChannelPage> Read(MessageId after, int maxBytes)
    {
        Interlocked.Increment(ref _reads);
        await BeforeAnswer();
        lock (_lock)
        {
            return new ChannelPage(Position, _history.Oldest, after.Epoch == Epoch ? _history.Read(after.Offset, maxBytes) : []);
        }
    }

    public async Task<ChannelPosition> GetPosition(ChannelPosition? seen = null)
    {
        await BeforeAnswer();
        if (seen is not null)
        {
            Seen.Add(seen);
            if (seen.Term >= Term && seen.Epoch != Epoch)
            {
                Term = seen.Term + 1;
            }
        }

        return Position;
    }

    public Task<PublishResult> Publish(PublishRequest request) => throw new NotSupportedException();

    public Task<PublishStatus> Delete() => throw new NotSupportedException();

    public Task<long> OpenSource(long term) => throw new NotSupportedException();

    private async Task<StreamSubscriptionHandle<MessageBatch>> Subscribe(IAsyncObserver<MessageBatch> observer)
    {
        await BeforeAnswer();
        Subscribers.Add(observer);
        return new Handle(this);
    }

    private sealed class Handle(FakeChannel channel) : StreamSubscriptionHandle<MessageBatch>
    {
        public override StreamId StreamId => default;

        public override string ProviderName => ChannelStreams.Provider;

        public override Guid HandleId => Guid.Empty;

        public override Task<StreamSubscriptionHandle<MessageBatch>> ResumeAsync(IAsyncObserver<MessageBatch> observer, StreamSequenceToken? token = null) =>
            channel.Subscribe(observer);

        public override Task<StreamSubscriptionHandle<MessageBatch>> ResumeAsync(IAsyncBatchObserver<MessageBatch> observer, StreamSequenceToken? token = null) =>
            throw new NotSupportedException();

        public override Task UnsubscribeAsync()
        {
            channel.Subscribers.Clear();
            return Task.CompletedTask;
        }

        public override bool Equals(StreamSubscriptionHandle<MessageBatch>? other) => ReferenceEquals(this, other);
    }
}

/// <summary>Stands in for a wide interface of which a test needs few members.</summary>
public class Fake : DispatchProxy
{
    private Func<MethodInfo, object?[], object?> _answer = (method, _) => throw new NotSupportedException(method.Name);

    public static T Of<T>(Func<MethodInfo, object?[], object?> answer)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(answer);
        var fake = Create<T, Fake>();
        ((Fake)(object)fake)._answer = answer;
        return fake;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _answer(targetMethod!, args ?? []);
}
