using OrleansGateway.Relays;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Relays;

public class SharedCallTests
{
    private readonly Queue<TaskCompletionSource<int>> _calls = [];
    private readonly SharedCall<int> _shared;

    public SharedCallTests() => _shared = new SharedCall<int>(() =>
    {
        var call = new TaskCompletionSource<int>();
        _calls.Enqueue(call);
        return call.Task;
    });

    [Fact]
    public async Task Get_WhileOneIsUnderWay_SharesTheNext()
    {
        var first = _shared.Get();
        var later = Enumerable.Range(0, 10).Select(_ => _shared.Get()).ToList();
        _calls.Dequeue().SetResult(1);
        Assert.Equal(1, await first.WaitAsync(Eventually.Deadline));
        await Eventually.TrueAsync(() => _calls.Count == 1, "the next call begins");
        Assert.All(later, x => Assert.False(x.IsCompleted));
        _calls.Dequeue().SetResult(2);
        Assert.All(await Task.WhenAll(later).WaitAsync(Eventually.Deadline), x => Assert.Equal(2, x));
        _ = _shared.Get();
        Assert.Single(_calls);
    }

    [Fact]
    public async Task Get_CallFails_FailsThoseWhoWaitAndNobodyAfterThem()
    {
        var first = _shared.Get();
        var second = _shared.Get();
        _calls.Dequeue().SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => first);
        await Eventually.TrueAsync(() => _calls.Count == 1, "the next call begins");
        _calls.Dequeue().SetResult(2);
        Assert.Equal(2, await second.WaitAsync(Eventually.Deadline));
    }
}
