namespace OrleansGateway.Hosting;

/// <summary>The exit codes of every program here.</summary>
public static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>It did not work; one line on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>A flag or a setting is bad; one line on standard error says which, and nothing was started.</summary>
    public const int BadSetting = 2;

    /// <summary>What was asked about does not run, or not all of it.</summary>
    public const int NotAllRun = 3;
}
