using System.Diagnostics;
using System.Globalization;

namespace OrleansGateway.Bench.Servers;

/// <summary>What processes take.</summary>
internal static class Usage
{
    /// <summary>The CPU time of all of them so far.</summary>
    public static TimeSpan Cpu(IEnumerable<int> pids) => pids.Aggregate(TimeSpan.Zero, (sum, pid) =>
    {
        using var process = Process.GetProcessById(pid);
        return sum + process.TotalProcessorTime;
    });

    /// <summary>The memory of all of them: what they share counts once, in KB.</summary>
    public static double PssKb(IEnumerable<int> pids) => pids.Sum(pid =>
        double.Parse(File.ReadLines($"/proc/{pid}/smaps_rollup").Single(x => x.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
}
