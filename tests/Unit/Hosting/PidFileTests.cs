using System.Globalization;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class PidFileTests : IDisposable
{
    private const string Name = "node-1";
    private readonly TemporaryState _state = new();

    private string File => Path.Combine(_state.Path, $"{Name}.pid");

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task Take_ThenRead_IsAliveUntilItIsDisposed()
    {
        using (await PidFile.TakeAsync(_state.Path, Name))
        {
            Assert.Equal(new PidFileReading(PidFileState.Alive, ProcessIdentity.Current, false), Read());
            Assert.Equal([Name], PidFile.Parts(_state.Path));
            Assert.Equal(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), System.IO.File.ReadLines(File).First());
        }

        Assert.Equal(default, Read());
        Assert.Empty(PidFile.Parts(_state.Path));
    }

    [Fact]
    public async Task Take_WhileAnotherHasIt_SaysWho()
    {
        using var first = await PidFile.TakeAsync(_state.Path, Name);

        var refusal = await Assert.ThrowsAsync<PartRunsException>(() => PidFile.TakeAsync(_state.Path, Name));

        Assert.Equal(Environment.ProcessId, refusal.Pid);
        Assert.Contains($"node-1 already runs as process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(PidFileState.Alive, Read().State);
    }

    [Fact]
    public async Task Take_ByManyAtOnce_IsGivenToOne()
    {
        var takes = Enumerable.Range(0, 8).Select(_ => Task.Run(() => PidFile.TakeAsync(_state.Path, Name))).ToArray();
        await Assert.ThrowsAsync<PartRunsException>(() => Task.WhenAll(takes));

        var winner = Assert.Single(takes, x => x.IsCompletedSuccessfully);
        Assert.All(takes.Where(x => x.IsFaulted), x => Assert.IsType<PartRunsException>(x.Exception!.InnerException));
        (await winner).Dispose();
    }

    [Fact]
    public async Task Take_OfAnotherName_IsIndependent()
    {
        using var first = await PidFile.TakeAsync(_state.Path, Name);
        using var second = await PidFile.TakeAsync(_state.Path, "node-2");

        Assert.Equal(PidFileState.Alive, PidFile.Read(_state.Path, "node-2").State);
    }

    [Fact]
    public async Task Take_AfterAProcessThatWasKilled_Works()
    {
        using var child = ChildProcess.Sleeping();
        Write(child.Identity);
        child.Kill();
        Assert.Equal(PidFileState.Dead, Read().State);

        using var mine = await PidFile.TakeAsync(_state.Path, Name);

        Assert.Equal(ProcessIdentity.Current, Read().Process);
    }

    [Fact]
    public async Task Take_WhenALiveProcessLostItsLock_IsRefused()
    {
        using var child = ChildProcess.Sleeping();
        Write(child.Identity);

        var refusal = await Assert.ThrowsAsync<PartRunsException>(() => PidFile.TakeAsync(_state.Path, Name));

        Assert.Equal(child.Identity.Pid, refusal.Pid);
    }

    [Fact]
    public async Task MarkStopping_IsRead()
    {
        using var mine = await PidFile.TakeAsync(_state.Path, Name);
        mine.MarkStopping();

        Assert.Equal(new PidFileReading(PidFileState.Alive, ProcessIdentity.Current, true), Read());
    }

    [Fact]
    public async Task MarkStopping_AfterTheDirectoryIsGone_DoesNothing()
    {
        using var inner = new TemporaryState();
        var state = Directory.CreateDirectory(Path.Combine(inner.Path, "state")).FullName;
        using var mine = await PidFile.TakeAsync(state, Name);
        Directory.Delete(state, recursive: true);

        mine.MarkStopping();

        Assert.False(Directory.Exists(state));
    }

    [Fact]
    public void Read_OfAReusedPid_IsStale()
    {
        Write(ProcessIdentity.Current with { StartTime = 1 });

        Assert.Equal(PidFileState.Stale, Read().State);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc\n1\n")]
    [InlineData("4711\n")]
    [InlineData("-1\n1\n")]
    public void Read_OfSomethingElse_IsStale(string text)
    {
        System.IO.File.WriteAllText(File, text);

        Assert.Equal(PidFileState.Stale, Read().State);
    }

    [Fact]
    public void Read_WithoutStateDirectory_IsMissing() =>
        Assert.Equal(PidFileState.Missing, PidFile.Read(Path.Combine(_state.Path, "none"), Name).State);

    [Fact]
    public void Clear_OfADeadProcess_RemovesTheFile()
    {
        using var child = ChildProcess.Sleeping();
        Write(child.Identity);
        child.Kill();

        PidFile.Clear(_state.Path, Name, child.Identity);

        Assert.Equal(PidFileState.Missing, Read().State);
    }

    [Fact]
    public async Task Clear_WhenAnotherProcessHasItMeanwhile_LeavesIt()
    {
        using var mine = await PidFile.TakeAsync(_state.Path, Name);

        PidFile.Clear(_state.Path, Name, new ProcessIdentity(1, 1));
        PidFile.Clear(_state.Path, Name, ProcessIdentity.Current);

        Assert.Equal(PidFileState.Alive, Read().State);
    }

    private PidFileReading Read() => PidFile.Read(_state.Path, Name);

    private void Write(ProcessIdentity process) =>
        System.IO.File.WriteAllText(File, string.Create(CultureInfo.InvariantCulture, $"{process.Pid}\n{process.StartTime}\n"));
}
