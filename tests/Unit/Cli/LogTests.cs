using OrleansGateway.Cli.Logs;
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
        var reader = new LogReader(File);

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
        var reader = new LogReader(File);
        Assert.Empty(reader.Last(10));

        System.IO.File.WriteAllText(File, "first\n");

        Assert.Equal(["first"], reader.Next());
    }

    [Fact]
    public void Next_OfALogThatWasEmptied_BeginsAnew()
    {
        System.IO.File.WriteAllText(File, "old line\n");
        var reader = new LogReader(File);
        reader.Last(1);

        System.IO.File.WriteAllText(File, "new\n");

        Assert.Equal(["new"], reader.Next());
    }

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
