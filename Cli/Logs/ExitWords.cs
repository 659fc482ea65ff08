namespace OrleansGateway.Cli.Logs;

/// <summary>Says how a process ended.</summary>
internal static class ExitWords
{
    // A process that a signal ended has that number plus 128 for its exit code.
    private const int Signals = 128;

    /// <summary>Whether somebody ended it, and not a fault of its own.</summary>
    public static bool WasKilled(int exitCode) => exitCode - Signals is 1 or 2 or 9 or 15;

    /// <summary>In words that go on after "it was" or stand alone.</summary>
    public static string Of(int exitCode) => (exitCode - Signals) switch
    {
        1 => "killed by SIGHUP",
        2 => "killed by SIGINT",
        4 => "killed by SIGILL",
        6 => "crashed (SIGABRT)",
        7 => "crashed (SIGBUS)",
        8 => "crashed (SIGFPE)",
        9 => "killed by SIGKILL",
        11 => "crashed (SIGSEGV)",
        15 => "killed by SIGTERM",
        > 0 and < 65 => $"killed by signal {exitCode - Signals}",
        _ => $"ended with exit code {exitCode}",
    };
}
