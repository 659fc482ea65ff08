using OrleansGateway.Streams;

namespace OrleansGateway.Tests.Unit.Streams;

/// <summary>A subscriber whose calls end when the test says so, and which notes what it was given.</summary>
internal sealed class FakeConsumer : IStreamConsumer
{
    private readonly Dictionary<Guid, TaskCompletionSource> _open = [];

    /// <summary>What each call carried.</summary>
    public List<object[]> Calls { get; } = [];

    /// <summary>Everything of the calls that succeeded.</summary>
    public List<object> Taken { get; } = [];

    /// <summary>Subscriptions that it was told the end of.</summary>
    public List<Guid> Ends { get; } = [];

    /// <summary>Whether calls end at once.</summary>
    public bool IsQuick { get; set; }

    public bool IsCalled => _open.Count > 0;

    /// <summary>In which context it was called last.</summary>
    public TaskScheduler? Scheduler { get; private set; }

    public async Task Deliver(Guid subscription, StreamItems items)
    {
        Assert.False(_open.ContainsKey(subscription), "Two calls for one subscription are under way.");
        Assert.NotEmpty(items.Items);
        Scheduler = TaskScheduler.Current;
        Calls.Add(items.Items);
        if (!IsQuick)
        {
            var end = _open[subscription] = new TaskCompletionSource();
            try
            {
                await end.Task;
            }
            finally
            {
                _open.Remove(subscription);
            }
        }

        Taken.AddRange(items.Items);
    }

    public Task Ended(Guid subscription)
    {
        Ends.Add(subscription);
        return Task.CompletedTask;
    }

    /// <summary>Lets the call under way succeed; what comes next is called before this returns.</summary>
    public void Take() => _open.Values.Single().SetResult();

    /// <summary>Loses the answer to the call under way: it has arrived, but nobody hears of it.</summary>
    public void LoseAnswer() => _open.Clear();

    public void Fail() => _open.Values.Single().SetException(new TimeoutException());
}
