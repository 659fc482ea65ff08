namespace OrleansGateway.Bench.Reporting;

/// <summary>What is measured, by name: each has one unit.</summary>
internal static class Figure
{
    /// <summary>CPU of the server's processes, µs a delivery (or a publish, where nobody subscribes).</summary>
    public const string Cpu = "cpu";

    /// <summary>Deliveries, or publishes, a second.</summary>
    public const string Rate = "rate";

    /// <summary>Median latency, ms: of a delivery, or of the answer to a publish.</summary>
    public const string P50 = "p50";

    /// <summary>99th percentile of it, ms.</summary>
    public const string P99 = "p99";

    /// <summary>How many were lost, doubled, out of order, at the wrong place, altered or refused: 0.</summary>
    public const string Faults = "faults";

    /// <summary>KB of memory.</summary>
    public const string Kb = "kb";

    /// <summary>How much of one core the load generator took, %.</summary>
    public const string Client = "client";

    /// <summary>How many readers that had stopped were let go.</summary>
    public const string LetGo = "let go";

    /// <summary>Milliseconds.</summary>
    public const string Ms = "ms";

    /// <summary>CPU, % of a core.</summary>
    public const string Percent = "percent";

    /// <summary>All of them, with the head of their column and a format, in the order of the columns.</summary>
    public static IReadOnlyList<(string Name, string Head, string Format)> All { get; } =
    [
        (Cpu, "CPU µs", "0.00"), (Rate, "a second", "#,0"), (P50, "p50 ms", "0.000"), (P99, "p99 ms", "0.000"), (Kb, "KB", "0.00"),
        (Ms, "ms", "#,0"), (Percent, "CPU %", "0.00"), (LetGo, "let go", "0"), (Client, "client %", "0"), (Faults, "faults", "0"),
    ];
}

/// <summary>The figures of one measurement.</summary>
internal sealed class Figures : Dictionary<string, double>
{
    /// <summary>What first went wrong, or null.</summary>
    public string? Error { get; set; }
}

/// <summary>One measurement.</summary>
/// <param name="Case">What was done.</param>
/// <param name="Form">In which form; may be empty.</param>
/// <param name="Server">To whom.</param>
/// <param name="Round">The how manieth time, from 1. Those of one round were made one after the other.</param>
/// <param name="Figures">What it gave.</param>
internal sealed record Sample(string Case, string Form, string Server, int Round, Figures Figures);
