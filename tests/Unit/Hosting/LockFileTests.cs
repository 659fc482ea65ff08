using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class LockFileTests : IDisposable
{
    private readonly TemporaryState _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void TryTake_WhileAnotherHoldsIt_IsNull()
    {
        var path = Path.Combine(_state.Path, "a.lock");
        using (var first = LockFile.TryTake(path))
        {
            Assert.NotNull(first);
            Assert.Null(LockFile.TryTake(path));
        }

        using var next = LockFile.TryTake(path);
        Assert.NotNull(next);
    }

    [Fact]
    public void TryTake_OfWhatCannotBeOpened_IsNotHeldByAnother()
    {
        // A program that runs can't be written to.
        var path = Path.Combine(_state.Path, "sleep");
        File.Copy("/bin/sleep", path);
        using var running = ChildProcess.SleepingAs(path);
        Assert.IsNotType<FileNotFoundException>(Assert.ThrowsAny<IOException>(() => LockFile.TryTake(path)));
    }
}
