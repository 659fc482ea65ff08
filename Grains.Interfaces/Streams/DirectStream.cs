using Orleans.Streams;

namespace OrleansGateway.Streams;

/// <summary>A stream of <see cref="DirectStreamProvider"/>.</summary>
internal sealed class DirectStream<T>(DirectStreamProvider provider, StreamId id) : IAsyncStream<T>
{
    public bool IsRewindable => false;

    public string ProviderName => provider.Name;

    public StreamId StreamId => id;

    /// <summary>Ends when all subscribers that take anything have room for more: a producer that awaits it is held up by slow nodes.</summary>
    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => provider.Publisher.Publish(id, item!);

    public async Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null)
    {
        foreach (var item in batch)
        {
            await OnNextAsync(item, token);
        }
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => SubscribeAsync(observer, null);

    public async Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null)
    {
        if (token is not null || filterData is not null)
        {
            throw new NotSupportedException("These streams begin with the next item and have no filters.");
        }

        var handle = new DirectStreamSubscription<T>(provider, id, Guid.NewGuid());
        return await handle.ResumeAsync(observer);
    }

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer) => throw BatchesNotSupported();

    public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token) => throw BatchesNotSupported();

    public Task OnCompletedAsync() => throw new NotSupportedException("A channel's stream does not end.");

    public Task OnErrorAsync(Exception ex) => throw new NotSupportedException("A channel's stream carries no errors.");

    public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles() =>
        Task.FromResult<IList<StreamSubscriptionHandle<T>>>(
            [.. provider.Consumer.SubscriptionsTo(id).Select(x => new DirectStreamSubscription<T>(provider, id, x))]);

    public bool Equals(IAsyncStream<T>? other) => other is DirectStream<T> && other.ProviderName == ProviderName && other.StreamId.Equals(id);

    public override bool Equals(object? obj) => Equals(obj as IAsyncStream<T>);

    public override int GetHashCode() => id.GetHashCode();

    public int CompareTo(IAsyncStream<T>? other) => other is null ? 1 : id.CompareTo(other.StreamId);

    internal static NotSupportedException BatchesNotSupported() => new("Subscribe with an IAsyncObserver: items are batches already.");
}

/// <summary>The handle of a subscription; resuming it subscribes again where the producer is now.</summary>
internal sealed class DirectStreamSubscription<T>(DirectStreamProvider provider, StreamId stream, Guid id) : StreamSubscriptionHandle<T>, IStreamTarget
{
    private IAsyncObserver<T>? _observer;

    public override StreamId StreamId => stream;

    public override string ProviderName => provider.Name;

    public override Guid HandleId => id;

    public override async Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(observer);
        _observer = observer;
        await provider.Consumer.Subscribe(this, provider.ProducerOf(stream));
        return this;
    }

    public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncBatchObserver<T> observer, StreamSequenceToken? token = null) =>
        throw DirectStream<T>.BatchesNotSupported();

    // What comes together stays together for who can take it so.
    private static async Task Take(IAsyncObserver<T> observer, object[] items)
    {
        if (items.Length > 1 && observer is IAsyncBatchObserver<T> several)
        {
            await several.OnNextAsync(Array.ConvertAll(items, static x => new SequentialItem<T>((T)x, null!)));
            return;
        }

        foreach (var item in items)
        {
            await observer.OnNextAsync((T)item);
        }
    }

    public override Task UnsubscribeAsync() => provider.Consumer.Unsubscribe(stream, id, provider.ProducerOf(stream));

    Task IStreamTarget.OnItems(object[] items) => Take(_observer!, items);

    Task IStreamTarget.OnError(Exception exception) => _observer!.OnErrorAsync(exception);

    public override bool Equals(StreamSubscriptionHandle<T>? other) => other is not null && other.HandleId == id;

    public override bool Equals(object? obj) => Equals(obj as StreamSubscriptionHandle<T>);

    public override int GetHashCode() => id.GetHashCode();
}
