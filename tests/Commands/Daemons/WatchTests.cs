namespace OrleansGateway.Tests.Commands.Daemons;

/// <summary>What running parts watch on the disk.</summary>
[Collection(Unhurt.Name)]
public sealed class WatchTests(StartedGateway started)
{
    [Theory]
    [InlineData("node-1")]
    [InlineData("numbers")]
    public void Part_ThatRuns_WatchesTheDirectoryOfItsFileAndNoneBelow(string part)
    {
        // The state directory, with all logs, is below it here. One line "inotify" is one directory (proc_pid_fdinfo(5)).
        Assert.True(Directory.Exists(Path.Combine(started.Gateway.Directory, "state")));
        var watches = Directory.EnumerateFiles($"/proc/{started.Gateway.Pid(part)}/fdinfo").SelectMany(Lines).Where(x => x.StartsWith("inotify ", StringComparison.Ordinal));

        Assert.Single(watches);
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            // A descriptor that was closed meanwhile.
            return [];
        }
    }
}
