using OrleansGateway.Connections;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Connections;

public class EdgeTests
{
    [Fact]
    public async Task Wait_SignalledBefore_EndsAtOnceAndOnce()
    {
        var edge = new Edge();
        edge.Signal();
        edge.Signal();
        Assert.True(edge.Wait().AsTask().IsCompletedSuccessfully);
        var waiting = edge.Wait().AsTask();
        Assert.False(waiting.IsCompleted);
        edge.Signal();
        await waiting.WaitAsync(Eventually.Deadline);
        Assert.False(edge.Wait().AsTask().IsCompleted);
    }

    [Fact]
    public async Task Signal_SomebodyWaits_RunsHimElsewhere()
    {
        var edge = new Edge();
        var signaller = Environment.CurrentManagedThreadId;
        var (isSignalling, ranWithin) = (true, false);
        var waiting = Wait();
        edge.Signal();
        isSignalling = false;
        await waiting.WaitAsync(Eventually.Deadline);
        Assert.False(ranWithin);

        async Task Wait()
        {
            await edge.Wait().ConfigureAwait(false);
            ranWithin = isSignalling && Environment.CurrentManagedThreadId == signaller;
        }
    }

    // As a connection uses it: look, and wait only where nothing was there. One lost signal, and the waiter stands still.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Wait_SignalsOfOtherThreads_LosesNone(int signallers)
    {
        const int Count = 20_000;
        var edge = new Edge();
        var (given, taken, consumed) = (0, 0, 0);
        var waiting = Task.Run(async () =>
        {
            while (taken < Count * signallers)
            {
                var there = Volatile.Read(ref given);
                if (there == taken)
                {
                    await edge.Wait().ConfigureAwait(false);
                }

                taken = there;
                Volatile.Write(ref consumed, there);
            }
        });
        var threads = Enumerable.Range(0, signallers).Select(signaller => new Thread(() =>
        {
            var pace = new Random(signaller);
            for (var i = 0; i < Count; i++)
            {
                var sent = Interlocked.Increment(ref given);
                edge.Signal();

                // Sometimes right when it begins to wait, sometimes while it is awake, sometimes when it surely waits.
                if (pace.Next(4) == 0)
                {
                    for (var spins = 0; spins < 2_000 && Volatile.Read(ref consumed) < sent; spins++)
                    {
                        Thread.SpinWait(1 + pace.Next(10));
                    }
                }
            }
        })).ToList();
        threads.ForEach(x => x.Start());
        await waiting.WaitAsync(2 * Eventually.Deadline);
        threads.ForEach(x => x.Join());
        Assert.Equal(Count * signallers, taken);
    }
}
