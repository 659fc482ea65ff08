using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace OrleansGateway.Hosting;

/// <summary>A process, and no other one that gets the same pid after it: its pid and when it began.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="StartTime">When it began: on Linux clock ticks since the machine's start (field 22 of <c>/proc/PID/stat</c>), elsewhere 100 ns ticks.</param>
public readonly record struct ProcessIdentity(int Pid, long StartTime)
{
    // USER_HZ, which is part of Linux' interface to programs.
    private const double TicksPerSecond = 100;

    /// <summary>This process.</summary>
    public static ProcessIdentity Current =>
        Of(Environment.ProcessId) ?? throw new InvalidOperationException("The system does not say when this process began.");

    /// <summary>Whether it still runs. One that ended and was not yet waited for by its parent (a zombie) does not.</summary>
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Whether it was stopped by a signal and does nothing until it is continued.</summary>
    public bool IsFrozen => ReadStat(Pid) is { State: 'T' or 't' } stat && stat.StartTime == StartTime;

    /// <summary>How long ago it began; null when it is gone.</summary>
    public TimeSpan? Uptime
    {
        get
        {
            if (!IsAlive)
            {
                return null;
            }

            if (!OperatingSystem.IsLinux())
            {
                return TimeProvider.System.GetUtcNow() - new DateTimeOffset(StartTime, TimeSpan.Zero);
            }

            var sinceBoot = File.ReadAllText("/proc/uptime");
            var seconds = double.Parse(sinceBoot.AsSpan(0, sinceBoot.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            return TimeSpan.FromSeconds(Math.Max(0, seconds - (StartTime / TicksPerSecond)));
        }
    }

    /// <summary>The process that has a pid now; null when none has, or only one that has ended.</summary>
    public static ProcessIdentity? Of(int pid) =>
        ReadStat(pid) is { State: not ('Z' or 'X' or 'x') } stat ? new ProcessIdentity(pid, stat.StartTime) : null;

    private static (char State, long StartTime)? ReadStat(int pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            return ReadElsewhere(pid);
        }

        try
        {
            return ParseStat(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads the state and the start time. The program's name comes before them, in brackets, and may contain anything.</summary>
    internal static (char State, long StartTime)? ParseStat(string stat)
    {
        const int State = 0, StartTime = 19;
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartTime && long.TryParse(fields[StartTime], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            ? (fields[State][0], start)
            : null;
    }

    private static (char State, long StartTime)? ReadElsewhere(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.HasExited ? null : ('R', process.StartTime.ToUniversalTime().Ticks);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception or NotSupportedException)
        {
            return null;
        }
    }
}
