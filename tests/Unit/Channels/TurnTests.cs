using OrleansGateway.Channels;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Channels;

public class TurnTests
{
    private readonly Turn _turn = new();

    [Fact]
    public async Task Take_WhileAnotherHasIt_WaitsInTheOrderOfComing()
    {
        var first = _turn.Take().AsTask();
        var others = Enumerable.Range(0, 3).Select(_ => _turn.Take().AsTask()).ToList();
        Assert.True(first.IsCompletedSuccessfully);
        foreach (var next in others)
        {
            Assert.DoesNotContain(others.SkipWhile(x => x != next), x => x.IsCompleted);
            _turn.Release();
            await next.WaitAsync(Eventually.Deadline);
        }

        _turn.Release();
        Assert.True(_turn.Take().AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Take_ManyAtOnce_OneAfterTheOther()
    {
        var (inside, count) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await _turn.Take();
                Assert.Equal(1, Interlocked.Increment(ref inside));
                count++;
                Interlocked.Decrement(ref inside);
                _turn.Release();
            }
        }))).WaitAsync(Eventually.Deadline);
        Assert.Equal(8000, count);
    }

    [Fact]
    public async Task End_WhileSomeWait_LetsNobodyInAnyMore()
    {
        await _turn.Take();
        var waiting = _turn.Take().AsTask();
        Assert.True(_turn.End());
        Assert.False(_turn.End());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Eventually.Deadline));
        _turn.Release();
        Assert.True(_turn.IsOver);
        Assert.True(_turn.Take().AsTask().IsCanceled);
    }
}
