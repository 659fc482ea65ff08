using System.Globalization;

namespace OrleansGateway.Hosting;

/// <summary>How often a service manager wants to hear that a process lives.</summary>
internal static class Watchdog
{
    /// <summary>The time from one sign of life to the next, which is half of what the manager waits for; null when it does not want any of this process.</summary>
    public static TimeSpan? Period() => Period(
        Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId);

    internal static TimeSpan? Period(string? microseconds, string? pid, int self)
    {
        var meant = string.IsNullOrEmpty(pid) || pid == self.ToString(CultureInfo.InvariantCulture);
        return meant && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? TimeSpan.FromMicroseconds(limit / 2.0)
            : null;
    }
}
