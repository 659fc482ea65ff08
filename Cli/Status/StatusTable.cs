using System.Globalization;
using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Cli.Status;

/// <summary>Writes <c>gateway status</c> for people.</summary>
internal static class StatusTable
{
    private const int Gap = 2;

    private static readonly string[] Heads = ["NAME", "STATE", "PID", "ADDRESS", "SILO", "UPTIME", "BRIDGE"];

    // What goes first where there is no room.
    private static readonly string[] Dispensable = ["SILO", "PID", "UPTIME"];

    /// <summary>The rows, without the head.</summary>
    internal static IEnumerable<string[]> Rows(IReadOnlyList<PartStatus> parts) => parts.Select(x => new[]
    {
        x.Part.Name,
        x.StateWord,
        x.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-",
        x.Part.Address,
        x.Part.Node is null ? "-" : x.Part.Silo.ToString(),
        x.Uptime is { } uptime ? InWords(uptime) : "-",
        x.Bridge ? "owns it" : "",
    });

    /// <summary>The table, without what a terminal of so many columns has no room for.</summary>
    internal static IEnumerable<StyledLine> Lines(IReadOnlyList<PartStatus> parts, int columns)
    {
        string[][] rows = [Heads, .. Rows(parts)];
        var widths = Heads.Select((_, i) => rows.Max(x => x[i].Length)).ToArray();
        var shown = Enumerable.Range(0, Heads.Length).ToList();
        foreach (var head in Dispensable)
        {
            if (shown.Sum(i => widths[i] + Gap) - Gap > columns)
            {
                shown.Remove(Array.IndexOf(Heads, head));
            }
        }

        return rows.Select((row, y) => Line(shown.Select(i => (row[i], widths[i], y == 0 ? Tone.Quiet : ToneOf(Heads[i], parts[y - 1])))));
    }

    /// <summary>Writes the table, and what there is to say beyond it.</summary>
    public static void Write(IReadOnlyList<PartStatus> parts)
    {
        foreach (var line in Lines(parts, Screen.Columns ?? int.MaxValue))
        {
            Screen.Line(line);
        }

        foreach (var (text, tone) in Notes(parts))
        {
            Screen.Line(text, tone);
        }
    }

    /// <summary>What there is to say of parts beyond the table: why one is dead, and what became of a reload that was not applied, or not all of it.</summary>
    internal static IEnumerable<(string Text, Tone Tone)> Notes(IReadOnlyList<PartStatus> parts) =>

        // All nodes read the same file.
        parts.SelectMany(NotesOf).GroupBy(x => (x.Text, x.Tone), x => x.Name).Select(x => ($"{string.Join(", ", x)}: {x.Key.Text}", x.Key.Tone));

    private static IEnumerable<(string Name, string Text, Tone Tone)> NotesOf(PartStatus part)
    {
        if (part.Error is { } error)
        {
            yield return (part.Part.Name, error, Tone.Bad);
        }

        if (part.State != PartState.Dead && part.Report?.Reload is { } reload)
        {
            if (reload.Error is { } refusal)
            {
                yield return (part.Part.Name, $"the reload at {reload.Time:HH:mm:ss}Z was refused, the old settings go on: {refusal}", Tone.Bad);
            }

            if (reload.ServiceError is { } failure)
            {
                yield return (part.Part.Name, $"after the reload at {reload.Time:HH:mm:ss}Z a service failed: {failure}", Tone.Bad);
            }

            if (reload.NeedsRestart.Count > 0)
            {
                yield return (part.Part.Name, $"needs a restart for {string.Join(", ", reload.NeedsRestart)}", Tone.Notable);
            }
        }
    }

    /// <summary>How long, in the two largest units that say something.</summary>
    internal static string InWords(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{(int)time.TotalDays} d {time.Hours} h",
        { TotalHours: >= 1 } => $"{time.Hours} h {time.Minutes} min",
        { TotalMinutes: >= 1 } => $"{time.Minutes} min {time.Seconds} s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
    };

    private static StyledLine Line(IEnumerable<(string Text, int Width, Tone Tone)> cells)
    {
        var (line, start) = (new StyledLine(), 0);
        foreach (var (text, width, tone) in cells)
        {
            if (text.Length > 0)
            {
                line.Add(new string(' ', start - line.Width)).Add(text, tone);
            }

            start += width + Gap;
        }

        return line;
    }

    private static Tone ToneOf(string head, PartStatus part) => (head, part.State) switch
    {
        ("BRIDGE", _) => Tone.Notable,
        ("STATE", PartState.Running) => Tone.Good,
        ("STATE", PartState.Dead or PartState.Unresponsive) => Tone.Bad,
        ("STATE", _) => Tone.Notable,
        _ => Tone.Plain,
    };
}
