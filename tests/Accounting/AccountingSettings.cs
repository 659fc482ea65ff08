namespace OrleansGateway.Tests.Accounting;

/// <summary>How long and how hard; by hand from the environment, see CONTRIBUTING.</summary>
internal sealed record AccountingSettings
{
    public const int Nodes = 3;

    public const int Channels = 6;

    public const int Publishers = 20;

    public const int Subscribers = 60;

    public required int Seed { get; init; }

    /// <summary>It goes on until so many nodes were killed.</summary>
    public int Kills { get; init; }

    /// <summary>It goes on for at least so long.</summary>
    public double Seconds { get; init; }

    public string Storage { get; init; } = "local";

    /// <summary>Publishes a second of all publishers together; a batch is one.</summary>
    public double Rate { get; init; } = 150;

    /// <summary>The size of the disk that is filled now and then.</summary>
    public int DiskMegabytes { get; init; } = 512;

    /// <summary>Whether the state is on a disk of its own; otherwise, and where none can be mounted, files are limited instead.</summary>
    public bool MountsDisk { get; init; } = true;

    /// <summary>Which kinds of strikes there may be.</summary>
    public IReadOnlySet<string> Strikes { get; init; } = new HashSet<string>();

    /// <summary>The nodes that are struck, and that hold no channel when it begins; null: all are.</summary>
    public IReadOnlyList<int>? Struck { get; init; }

    /// <summary>What the gateway cannot do yet: <c>keys</c>, <c>batches</c>, <c>json</c>, <c>gateway.json</c>, <c>poll</c>, <c>several</c>.</summary>
    public IReadOnlySet<string> Without { get; init; } = new HashSet<string>();

    /// <summary>Reads them. A longer run has a larger disk, for all that it publishes is kept.</summary>
    public static AccountingSettings FromEnvironment()
    {
        var kills = int.Parse(Get("KILLS") ?? "0");
        var seconds = double.Parse(Get("SECONDS") ?? (kills > 0 ? "0" : "30"));
        return new AccountingSettings
        {
            Seed = int.Parse(Get("SEED") ?? $"{Random.Shared.Next(1_000_000)}"),
            Kills = kills,
            Seconds = seconds,
            Storage = Get("STORAGE") ?? "local",
            Rate = double.Parse(Get("RATE") ?? "150"),
            DiskMegabytes = 512 + (5 * kills) + (int)seconds,
            MountsDisk = Get("DISK") != "limit",
            Strikes = Words(Get("STRIKES") ?? "kill,kill-all,kill-two,kill-starting,freeze,restart,rolling-restart,disk-full"),
            Without = Words(Get("WITHOUT") ?? string.Empty),
        };
    }

    public bool Has(string feature) => !Without.Contains(feature);

    private static string? Get(string name) => Environment.GetEnvironmentVariable($"GATEWAY_ACCOUNTING_{name}") is { Length: > 0 } value ? value : null;

    private static HashSet<string> Words(string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(x => x != "none")];
}
