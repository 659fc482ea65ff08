namespace OrleansGateway.Tests.Harness;

/// <summary>Whether a process stands still that was sent a SIGSTOP: each of its threads goes on until the scheduler sees it.</summary>
internal static class Standstill
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Waits until it stands still, or has ended.</summary>
    public static void Wait(int process)
    {
        if (!SpinWait.SpinUntil(() => States(process).All(x => x is 'T' or 'Z'), Longest))
        {
            throw new TimeoutException($"process {process} did not stop: its threads are {string.Concat(States(process))}");
        }
    }

    /// <summary>The state of each thread (proc_pid_stat(5)).</summary>
    private static List<char> States(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task").Select(State).OfType<char>()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static char? State(string thread)
    {
        try
        {
            // It comes after the program's name, which is in brackets and may contain anything.
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
