namespace OrleansGateway.Tests.Accounting.Faults;

/// <summary>What the nemesis will do, all of it from a seed.</summary>
internal static class Plan
{
    private static readonly (StrikeKind Kind, string Word)[] Kinds =
    [
        (StrikeKind.Kill, "kill"), (StrikeKind.Freeze, "freeze"), (StrikeKind.KillAll, "kill-all"), (StrikeKind.KillTwo, "kill-two"),
        (StrikeKind.KillStarting, "kill-starting"), (StrikeKind.Restart, "restart"), (StrikeKind.RollingRestart, "rolling-restart"),
        (StrikeKind.DiskFull, "disk-full"),
    ];

    private static readonly int[] Everybody = [.. Enumerable.Range(1, AccountingSettings.Nodes)];

    // What is likely comes more than once a round.
    private static readonly StrikeKind[] Likely = [StrikeKind.Kill, StrikeKind.Kill, StrikeKind.Freeze];

    /// <summary>Endless, unless there is nothing that it may do.</summary>
    /// <param name="seed">The same makes the same plan.</param>
    /// <param name="allowed">The kinds of strikes that there may be.</param>
    /// <param name="struck">The nodes that are struck; null for all.</param>
    public static IEnumerable<Strike> From(int seed, IReadOnlySet<string> allowed, IReadOnlyList<int>? struck = null)
    {
        var random = new Random(seed);
        StrikeKind[] each = [.. Kinds.Where(x => allowed.Contains(x.Word)).Select(x => x.Kind)];

        // The first round has each kind once, so that a short run sees most of them.
        for (StrikeKind[] round = [.. each]; round.Length > 0; round = [.. each, .. Likely.Where(each.Contains)])
        {
            random.Shuffle(round);
            foreach (var kind in round)
            {
                yield return Draw(kind, random, struck ?? Everybody);
            }
        }
    }

    private static Strike Draw(StrikeKind kind, Random random, IReadOnlyList<int> struck)
    {
        var node = struck[random.Next(struck.Count)];
        var other = ((node + random.Next(AccountingSettings.Nodes - 1)) % AccountingSettings.Nodes) + 1;
        var lasts = kind switch
        {
            StrikeKind.KillTwo => Between(0, 0.1, random),
            StrikeKind.KillStarting => Between(0.05, 2.5, random),
            StrikeKind.DiskFull => Between(0.5, 6, random),
            _ => Between(0.1, 8, random),
        };
        return new Strike(kind, node, other, lasts, Between(0, 2, random), Between(1.5, 4, random));
    }

    private static TimeSpan Between(double least, double most, Random random) => TimeSpan.FromSeconds(least + (random.NextDouble() * (most - least)));
}
