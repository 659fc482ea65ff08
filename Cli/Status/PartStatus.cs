using OrleansGateway.Cli.Cluster;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Status;

/// <summary>How a part is.</summary>
internal enum PartState
{
    /// <summary>It works.</summary>
    Running,

    /// <summary>Its process runs, but it does not work yet.</summary>
    Starting,

    /// <summary>It was told to stop.</summary>
    Stopping,

    /// <summary>Its process runs and does not answer.</summary>
    Unresponsive,

    /// <summary>It does not run.</summary>
    Dead,
}

/// <summary>A part and how it is.</summary>
/// <param name="Part">The part.</param>
/// <param name="State">How it is.</param>
/// <param name="Pid">The process that does the work; null when it is dead.</param>
/// <param name="Uptime">How long that process has been there; null when it is dead.</param>
/// <param name="Bridge">Whether it owns the bridge of the numbers.</param>
internal sealed record PartStatus(Part Part, PartState State, int? Pid, TimeSpan? Uptime, bool Bridge)
{
    /// <summary>What it said of itself last; null when it said nothing.</summary>
    public PartReport? Report { get; init; }

    /// <summary>What went wrong with it, in one line; null when nothing is known.</summary>
    public string? Error { get; init; }

    public string StateWord => State.ToString().ToLowerInvariant();
}
