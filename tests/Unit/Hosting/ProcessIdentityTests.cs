using System.Globalization;
using OrleansGateway.Hosting;
using OrleansGateway.Tests.Unit.Numbers;

namespace OrleansGateway.Tests.Unit.Hosting;

public sealed class ProcessIdentityTests
{
    [Fact]
    public void Current_IsAlive_AndHasAnUptime()
    {
        var self = ProcessIdentity.Current;

        Assert.Equal(Environment.ProcessId, self.Pid);
        Assert.True(self.IsAlive);
        Assert.False(self.IsFrozen);
        Assert.InRange(self.Uptime!.Value, TimeSpan.Zero, TimeSpan.FromDays(1));
    }

    [Fact]
    public void IsAlive_OfAPidThatAnotherProcessHasNow_IsFalse()
    {
        var other = ProcessIdentity.Current with { StartTime = 1 };

        Assert.False(other.IsAlive);
        Assert.Null(other.Uptime);
    }

    [Fact]
    public void IsAlive_OfAProcessThatWasKilled_IsFalse()
    {
        using var child = ChildProcess.Sleeping();
        Assert.True(child.Identity.IsAlive);

        child.Kill();

        Assert.False(child.Identity.IsAlive);
        Assert.Null(ProcessIdentity.Of(child.Identity.Pid));
    }

    [Fact]
    public async Task IsAlive_OfAZombie_IsFalse()
    {
        // The shell becomes a sleep, and its child, which ends only then, has a parent that does not ask how it ended.
        using var parent = ChildProcess.Shell("( until [[ $(</proc/$$/comm) == sleep ]]; do :; done ) & echo $!; exec sleep 300");
        var pid = int.Parse((await parent.Output.ReadLineAsync())!, CultureInfo.InvariantCulture);
        var stat = default((char State, long StartTime)?);
        await Eventually.TrueAsync(
            () => (stat = ProcessIdentity.ParseStat(File.ReadAllText($"/proc/{pid}/stat"))) is { State: 'Z' }, "the child is a zombie");

        Assert.False(new ProcessIdentity(pid, stat!.Value.StartTime).IsAlive);
        Assert.Null(ProcessIdentity.Of(pid));
    }

    [Theory]
    [InlineData("4711 (dotnet) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 12 0 506670 9", 'S', 506670)]
    [InlineData("4711 (a ) Z 1 (b) T 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 12 0 12 9", 'T', 12)]
    public void ParseStat_OfALine_ReadsBehindTheName(string stat, char state, long startTime) =>
        Assert.Equal((state, startTime), ProcessIdentity.ParseStat(stat));

    [Theory]
    [InlineData("")]
    [InlineData("4711 (dotnet) S 1")]
    public void ParseStat_OfSomethingElse_IsNull(string stat) => Assert.Null(ProcessIdentity.ParseStat(stat));
}
