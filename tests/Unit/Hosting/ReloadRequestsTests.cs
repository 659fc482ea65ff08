using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class ReloadRequestsTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Next_Asked_IsAtOnce()
    {
        using var requests = new ReloadRequests();
        requests.Ask();
        requests.Ask();

        Assert.True(await requests.Next(Quiet, new ManualTime(), default));
    }

    [Fact]
    public async Task Next_SavedInPieces_WaitsUntilItIsQuiet()
    {
        using var directory = new TemporaryState();
        using var requests = new ReloadRequests();
        var time = new ManualTime();
        Assert.Null(requests.Watch(directory.Path));

        // To watch is a reason by itself.
        var next = requests.Next(Quiet, time, default);
        await Eventually.TrueAsync(() => time.IsAwaited(Quiet), "it waits for quiet");
        time.Advance(Quiet / 2);
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "appsettings.json"), "{");
        await Eventually.TrueAsync(() => time.IsAwaited(Quiet), "it waits anew");
        Assert.False(next.IsCompleted);
        time.Advance(Quiet);

        Assert.False(await next.WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task Next_EndedWhileItWaitsForQuiet_Ends()
    {
        using var directory = new TemporaryState();
        using var requests = new ReloadRequests();
        using var stop = new CancellationTokenSource();
        var time = new ManualTime();
        requests.Watch(directory.Path);
        var next = requests.Next(Quiet, time, stop.Token);
        await Eventually.TrueAsync(() => time.IsAwaited(Quiet), "it waits for quiet");

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Eventually.Deadline));
    }
}
