using OrleansGateway.Connections;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Connections;

public class LateTokenTests
{
    [Fact]
    public async Task Token_AskedForBefore_IsCanceled()
    {
        var late = new LateToken();
        var token = late.Token;
        Assert.False(token.IsCancellationRequested);
        Assert.Equal(token, late.Token);
        late.Cancel();
        late.Cancel();
        await Eventually.TrueAsync(() => token.IsCancellationRequested, "it is canceled");
        Assert.True(late.Token.IsCancellationRequested);
    }

    [Fact]
    public void Token_AskedForAfter_IsCanceledAtOnce()
    {
        var late = new LateToken();
        late.Cancel();
        Assert.True(late.Token.IsCancellationRequested);
        var ran = false;
        late.Token.Register(() => ran = true);
        Assert.True(ran);
    }

    [Fact]
    public async Task Cancel_WhatIsRegisteredWaits_DoesNotWaitForIt()
    {
        var late = new LateToken();
        using var goOn = new ManualResetEventSlim();
        var ran = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        late.Token.Register(() => ran.SetResult(goOn.Wait(Eventually.Deadline) && late.Token.IsCancellationRequested));
        late.Cancel();
        goOn.Set();
        Assert.True(await ran.Task.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task Token_AskedForMeanwhile_IsCanceledInAnyCase()
    {
        for (var i = 0; i < 5_000; i++)
        {
            var late = new LateToken();
            using var both = new Barrier(2);
            var asking = Task.Run(() =>
            {
                both.SignalAndWait();
                return late.Token;
            });
            both.SignalAndWait();
            late.Cancel();
            var canceled = new TaskCompletionSource();
            (await asking.WaitAsync(Eventually.Deadline)).Register(canceled.SetResult);
            await canceled.Task.WaitAsync(Eventually.Deadline);
        }
    }
}
