using System.Diagnostics;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Logs;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Status;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Live;

/// <summary>What <c>gateway up</c> knows of one part.</summary>
internal sealed class WatchedPart(Part part)
{
    private long _logStart;

    public Part Part { get; set; } = part;

    public string Name => Part.Name;

    /// <summary>The process that it is now; null while it does not run.</summary>
    public ProcessIdentity? Process { get; set; }

    /// <summary>The process that was started here last; only of that one the exit code is known.</summary>
    public Process? Child { get; set; }

    /// <summary>A start that is under way here.</summary>
    public Task<StartOutcome>? Start { get; set; }

    /// <summary>The question whether it works, while it does not.</summary>
    public Task<bool>? Readiness { get; set; }

    /// <summary>The question how it sees the cluster.</summary>
    public Task<ClusterReport?>? Question { get; set; }

    /// <summary>When that was asked.</summary>
    public TimeSpan AskedAt { get; set; }

    /// <summary>When it answered last.</summary>
    public TimeSpan AnsweredAt { get; set; }

    /// <summary>Whether it was said that it does not answer.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Whether it works, or did until it stopped answering.</summary>
    public bool Works { get; set; }

    /// <summary>Since when.</summary>
    public TimeSpan WorksSince { get; set; }

    /// <summary>Whether it worked before.</summary>
    public bool WorkedOnce { get; set; }

    /// <summary>Whether it was said that it stops.</summary>
    public bool IsStopping { get; set; }

    /// <summary>When it is to be brought back; null when it is not.</summary>
    public TimeSpan? RestartAt { get; set; }

    public RestartBackoff Backoff { get; } = new();

    /// <summary>Whether nothing of it runs or is about to.</summary>
    public bool IsDown => Process is null && Start is null && RestartAt is null;

    /// <summary>What it says from here on is of the process that is started now.</summary>
    public void BeginLog(string state) => _logStart = new FileInfo(Part.LogFile(state)) is { Exists: true } log ? log.Length : 0;

    /// <summary>How the process that was started here ended, and the last that it said unless it was killed.</summary>
    public string LastWords(string state, int exitCode) =>
        ExitWords.WasKilled(exitCode) ? ExitWords.Of(exitCode) : FailureReason.Read(Part.LogFile(state), _logStart, exitCode);
}
