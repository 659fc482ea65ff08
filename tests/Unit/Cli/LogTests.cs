using OrleansGateway.Cli.Logs;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Hosting;

namespace OrleansGateway.Tests.Unit.Cli;

public sealed class LogTests : IDisposable
{
    private readonly TemporaryState _state = new();

    private string File => Path.Combine(_state.Path, "node-1.log");

    public void Dispose() => _state.Dispose();

    [Fact]
    public void Last_OfALog_HasTheLastLinesAndNextGoesOn()
    {
        System.IO.File.WriteAllText(File, "one\ntwo\nthree\nfou");
        using var reader = new LogReader(File);

        Assert.Equal(["two", "three"], reader.Last(2));
        System.IO.File.AppendAllText(File, "r\nfive\n");
        Assert.Equal(["four", "five"], reader.Next());
        Assert.Empty(reader.Next());
    }

    [Fact]
    public void Last_OfALongLog_ReadsOnlyItsEnd()
    {
        System.IO.File.WriteAllLines(File, Enumerable.Range(1, 100_000).Select(x => $"line {x}"));

        Assert.Equal(["line 99999", "line 100000"], new LogReader(File).Last(2));
        Assert.Equal(100_000, new LogReader(File).Last(1_000_000).Count);
        Assert.Empty(new LogReader(File).Last(0));
    }

    [Fact]
    public void Next_OfALogThatIsNotThereYet_WaitsForIt()
    {
        using var reader = new LogReader(File);
        Assert.Empty(reader.Last(10));

        System.IO.File.WriteAllText(File, "first\n");

        Assert.Equal(["first"], reader.Next());
    }

    [Fact]
    public void Next_OfALogThatWasEmptied_BeginsAnew()
    {
        System.IO.File.WriteAllText(File, "old line\n");
        using var reader = new LogReader(File);
        reader.Last(1);

        System.IO.File.WriteAllText(File, "new\n");

        Assert.Equal(["new"], reader.Next());
    }

    [Fact]
    public void LastAndNext_OfALogThatIsRotated_HaveEachLineOnce()
    {
        System.IO.File.WriteAllText(File, "one\ntwo\n");
        Rotate("three\n");
        using var reader = new LogReader(File);

        Assert.Equal(["two", "three"], reader.Last(2));
        System.IO.File.AppendAllText(File, "four\n");
        Rotate("five\n");
        Rotate("six\n");
        Assert.Equal(["four", "five", "six"], reader.Next());
        Assert.Empty(reader.Next());
        Assert.Equal(["one", "two", "three", "four", "five", "six"], new LogReader(File).Last(100));
    }

    [Fact]
    public void Next_InTheMiddleOfARotation_WaitsForTheNewFile()
    {
        System.IO.File.WriteAllText(File, "one\n");
        using var reader = new LogReader(File);
        reader.Last(0);

        new LogFiles(File).Shift(keep: 9);
        Assert.Empty(reader.Next());
        System.IO.File.WriteAllText(File, "two\n");

        Assert.Equal(["two"], reader.Next());
    }

    [Fact]
    public void Shift_OfFiles_KeepsSoManyWithTheNextOne()
    {
        System.IO.File.WriteAllText(File, "1");
        for (var i = 2; i <= 5; i++)
        {
            new LogFiles(File).Shift(keep: 3);
            System.IO.File.WriteAllText(File, $"{i}");
        }

        Assert.Equal(["3", "4", "5"], Directory.EnumerateFiles(_state.Path).Select(System.IO.File.ReadAllText).Order());
    }

    private void Rotate(string text)
    {
        new LogFiles(File).Shift(keep: 9);
        System.IO.File.WriteAllText(File, text);
    }

    [Theory]
    [InlineData("Unhandled exception. System.InvalidOperationException: no luck\n   at A.B()\n", "Unhandled exception. System.InvalidOperationException: no luck")]
    [InlineData("Out of memory.\n", "Out of memory.")]
    [InlineData("Process terminated. why\n   at A.B()\n", "Process terminated. why")]
    [InlineData("info: well\nerror: no luck\ninfo: well\n", "no luck")]
    [InlineData("error: of a former life\nBEGIN\ninfo: well\n", null)]
    [InlineData("BEGIN\ninfo: well\nerror: node-1 already runs as process 7; another one needs another --state\n", null)]
    [InlineData("BEGIN\nwarn: what is said before one is killed\n", null)]
    public void PickError_OfALog_IsWhatEndedTheProcessThatBeganLast(string log, string? expected) => Assert.Equal(
        expected, FailureReason.PickError(log.Replace("BEGIN", LogMark.Begin(DateTimeOffset.UnixEpoch, "node-1", 7), StringComparison.Ordinal)));

    [Fact]
    public void Merge_OfLogs_IsByTimeAndKeepsStacksTogether()
    {
        var one = LogLine.Read("one", ["2026-01-01T00:00:00.100Z a", "  at stack", "2026-01-01T00:00:00.300Z c"]);
        var two = LogLine.Read("two", ["before any time", "2026-01-01T00:00:00.200Z b"]);

        Assert.Equal(
            ["before any time", "2026-01-01T00:00:00.100Z a", "  at stack", "2026-01-01T00:00:00.200Z b", "2026-01-01T00:00:00.300Z c"],
            LogLine.Merge([one, two]).Select(x => x.Text));
    }

    [Theory]
    [InlineData("info: all is well\nerror: the reason\n", "the reason")]
    [InlineData("error: an old one\nerror: the reason\nmore\n", "the reason")]
    [InlineData("a\nb\nc\nd\n", "b | c | d")]
    [InlineData("\n\n", null)]
    public void Pick_OfWhatAPartSaid_IsTheReason(string log, string? expected) => Assert.Equal(expected, FailureReason.Pick(log));

    [Fact]
    public void Read_OfAReason_LooksOnlyAtWhatIsNew()
    {
        System.IO.File.WriteAllText(File, "error: of another start\n");
        var from = new FileInfo(File).Length;

        Assert.Equal("killed by SIGKILL and said nothing", FailureReason.Read(File, from, 137));
        System.IO.File.AppendAllText(File, "error: the port is taken\n");
        Assert.Equal("the port is taken", FailureReason.Read(File, from, 1));
        Assert.Equal("crashed (SIGABRT): the port is taken", FailureReason.Read(File, from, 134));
    }

    [Theory]
    [InlineData(0, "ended with exit code 0")]
    [InlineData(3, "ended with exit code 3")]
    [InlineData(137, "killed by SIGKILL")]
    [InlineData(143, "killed by SIGTERM")]
    [InlineData(139, "crashed (SIGSEGV)")]
    public void Of_AnExitCode_SaysHowItEnded(int exitCode, string expected) => Assert.Equal(expected, ExitWords.Of(exitCode));
}
