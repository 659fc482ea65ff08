namespace OrleansGateway.Cli.Logs;

/// <summary>A line of a log, and when it was written. One without a time of its own belongs to the line before it.</summary>
/// <param name="Part">Whose log.</param>
/// <param name="Time">The time as it stands there, which sorts as text; empty before the first one.</param>
/// <param name="Text">The whole line.</param>
internal readonly record struct LogLine(string Part, string Time, string Text)
{
    private const string Form = "0000-00-00T00:00:00.000Z";

    /// <summary>The lines of one log.</summary>
    public static IEnumerable<LogLine> Read(string part, IEnumerable<string> lines)
    {
        var time = string.Empty;
        foreach (var line in lines)
        {
            time = TimeOf(line) ?? time;
            yield return new LogLine(part, time, line);
        }
    }

    /// <summary>The lines of several logs in the order of their times; lines of one log keep theirs.</summary>
    public static IEnumerable<LogLine> Merge(IEnumerable<IEnumerable<LogLine>> logs) =>
        logs.SelectMany(x => x).OrderBy(x => x.Time, StringComparer.Ordinal);

    private static string? TimeOf(string line)
    {
        if (line.Length < Form.Length)
        {
            return null;
        }

        for (var i = 0; i < Form.Length; i++)
        {
            if (Form[i] == '0' ? !char.IsAsciiDigit(line[i]) : line[i] != Form[i])
            {
                return null;
            }
        }

        return line[..Form.Length];
    }
}
