using System.Text;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Logs;

/// <summary>Why a part ended, as far as its log says.</summary>
internal static class FailureReason
{
    private const int MostLines = 3;
    private const int LongestLine = 200;
    private const int MostBytes = 64 * 1024;

    // What a line begins with that says why the process ended: ours, and those of the runtime.
    private static readonly string[] Marks =
        [PartProcess.FailureMark, "Unhandled exception.", "Fatal error.", "Process terminated.", "Stack overflow.", "Out of memory."];

    /// <summary>The reason in one line.</summary>
    /// <param name="log">The log file.</param>
    /// <param name="from">How long the log was before the part was started, in bytes.</param>
    /// <param name="exitCode">Its exit code, where it is known.</param>
    public static string Read(string log, long from, int? exitCode)
    {
        var ended = exitCode is { } code ? ExitWords.Of(code) : "ended";
        var said = LastWords(log, from);
        return said is null ? $"{ended} and said nothing" : exitCode is ExitCode.Failure or ExitCode.BadSetting ? said : $"{ended}: {said}";
    }

    /// <summary>What it said last; null when it said nothing.</summary>
    /// <param name="log">The log file.</param>
    /// <param name="from">How long the log was before the part was started, in bytes.</param>
    public static string? LastWords(string log, long from) => Pick(ReadEnd(log, from));

    /// <summary>The line that says why, or else the last ones.</summary>
    internal static string? Pick(string text)
    {
        var lines = Lines(text).Where(x => !LogMark.IsBegin(x)).ToArray();
        return PickError(text)
            ?? (lines.Length == 0 ? null : string.Join(" | ", lines.TakeLast(MostLines).Select(Short)));
    }

    /// <summary>The last line that says why a process ended, of the process that began last; null when there is none.</summary>
    internal static string? PickError(string text)
    {
        foreach (var line in Lines(text).Reverse())
        {
            if (LogMark.IsBegin(line))
            {
                return null;
            }

            // One that found the part running says nothing of it.
            if (Marks.FirstOrDefault(x => line.StartsWith(x, StringComparison.Ordinal)) is { } mark && !line.Contains(PartRunsException.Words, StringComparison.Ordinal))
            {
                return Short(mark == PartProcess.FailureMark ? line[mark.Length..] : line);
            }
        }

        return null;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Short(string line) => line.Length <= LongestLine ? line : $"{line[..LongestLine]}…";

    private static string ReadEnd(string log, long from)
    {
        try
        {
            using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

            // A shorter one is another one: the log was rotated meanwhile.
            var start = from <= file.Length ? from : 0;
            file.Seek(Math.Max(start, file.Length - MostBytes), SeekOrigin.Begin);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
