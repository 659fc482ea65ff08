namespace OrleansGateway.Hosting;

/// <summary>What a pid file is worth.</summary>
public enum PidFileState
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>The process runs.</summary>
    Alive,

    /// <summary>The process has ended without removing it.</summary>
    Dead,

    /// <summary>Its pid is that of another process by now, or the file can't be read.</summary>
    Stale,
}

/// <summary>What a pid file says.</summary>
/// <param name="State">What it is worth.</param>
/// <param name="Process">The process that it speaks of, which runs only if <paramref name="State"/> says so.</param>
/// <param name="Stopping">Whether the process said that it was told to stop.</param>
public readonly record struct PidFileReading(PidFileState State, ProcessIdentity Process, bool Stopping);

/// <summary>A part runs already. The message is one line for the operator.</summary>
/// <param name="name">The name of the part.</param>
/// <param name="pid">The pid of the process, or null when it did not say.</param>
public sealed class PartRunsException(string name, int? pid)
    : Exception($"{name}{Words}{(pid is { } known ? $" as process {known}" : "")}; another one needs another --state (Gateway:State)")
{
    /// <summary>By which the message is found in a log.</summary>
    internal const string Words = " already runs";

    /// <summary>The pid of the process that runs, or null when it did not say.</summary>
    public int? Pid => pid;
}
