using System.Text;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Logs;

/// <summary>Why a part ended that did not get to work, as far as its log says.</summary>
internal static class FailureReason
{
    private const int MostLines = 3;
    private const int LongestLine = 200;
    private const int MostBytes = 64 * 1024;

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
    public static string? LastWords(string log, long from) => Pick(ReadEnd(log, from));

    /// <summary>The line that says why, or else the last ones.</summary>
    internal static string? Pick(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.LastOrDefault(x => x.StartsWith(PartProcess.FailureMark, StringComparison.Ordinal)) is { } reason ? reason[PartProcess.FailureMark.Length..]
            : lines.Length == 0 ? null
            : string.Join(" | ", lines.TakeLast(MostLines).Select(x => x.Length <= LongestLine ? x : $"{x[..LongestLine]}…"));
    }

    private static string ReadEnd(string log, long from)
    {
        try
        {
            using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(Math.Max(Math.Min(from, file.Length), file.Length - MostBytes), SeekOrigin.Begin);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}
