namespace OrleansGateway.Tests.Accounting.Faults;

/// <summary>What the nemesis does.</summary>
internal enum StrikeKind
{
    Kill,
    KillAll,
    KillTwo,
    KillStarting,
    Freeze,
    Restart,
    RollingRestart,
    DiskFull,
}

/// <summary>One deed of the nemesis; afterwards it heals what it did.</summary>
/// <param name="Kind">What.</param>
/// <param name="Node">To whom.</param>
/// <param name="Other">To whom else, where it takes two.</param>
/// <param name="Lasts">How long a freeze or a full disk lasts, how far two kills are apart, how far a start gets.</param>
/// <param name="Down">How long what was killed stays down.</param>
/// <param name="Rest">How long the cluster has for itself after all is healed.</param>
internal sealed record Strike(StrikeKind Kind, int Node, int Other, TimeSpan Lasts, TimeSpan Down, TimeSpan Rest)
{
    public int Kills => Kind switch
    {
        StrikeKind.Kill => 1,
        StrikeKind.KillTwo or StrikeKind.KillStarting => 2,
        StrikeKind.KillAll => 3,
        _ => 0,
    };

    public override string ToString() => Kind switch
    {
        StrikeKind.Kill => $"kill node {Node}, start it after {Down.TotalSeconds:F1} s",
        StrikeKind.KillAll => $"kill all, start them after {Down.TotalSeconds:F1} s",
        StrikeKind.KillTwo => $"kill nodes {Node} and {Other} within {Lasts.TotalMilliseconds:F0} ms, start them after {Down.TotalSeconds:F1} s",
        StrikeKind.KillStarting => $"kill node {Node}, and again {Lasts.TotalSeconds:F1} s after its start",
        StrikeKind.Freeze => $"freeze node {Node} for {Lasts.TotalSeconds:F1} s",
        StrikeKind.Restart => $"restart node {Node}",
        StrikeKind.RollingRestart => $"restart all, one after the other, from node {Node} on",
        _ => $"fill the disk for {Lasts.TotalSeconds:F1} s",
    };
}
