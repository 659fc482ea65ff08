using System.Globalization;

namespace OrleansGateway.Hosting;

/// <summary>Lines of a log that are not from a logger, in the same form.</summary>
internal static class LogMark
{
    private const string Begins = " begins as process ";

    /// <summary>The line with which a process begins its log.</summary>
    public static string Begin(DateTimeOffset time, string name, int pid) =>
        string.Create(CultureInfo.InvariantCulture, $"{Form(time)} info: {typeof(PartProcess).FullName}[0] {name}{Begins}{pid}");

    /// <summary>Whether a line is that one.</summary>
    public static bool IsBegin(string line) =>
        line.Contains(Begins, StringComparison.Ordinal) && line.Contains($" info: {typeof(PartProcess).FullName}[0] ", StringComparison.Ordinal);

    /// <summary>The line that says how much could not be written.</summary>
    public static string Lost(DateTimeOffset time, int lines, string error) => string.Create(
        CultureInfo.InvariantCulture, $"{Form(time)} warn: {typeof(PartProcess).FullName}[0] {lines} {(lines == 1 ? "line" : "lines")} of the log could not be written: {error}");

    private static string Form(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
