using System.Globalization;
using OrleansGateway.Cli.Terminal;
using Spectre.Console;

namespace OrleansGateway.Cli.Status;

/// <summary>Writes <c>gateway status</c> for people.</summary>
internal static class StatusTable
{
    private static readonly string[] Heads = ["NAME", "STATE", "PID", "ADDRESS", "SILO", "UPTIME", "BRIDGE"];

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

    /// <summary>Columns of text, for what is no terminal.</summary>
    public static string Plain(IReadOnlyList<PartStatus> parts)
    {
        string[][] rows = [Heads, .. Rows(parts)];
        var widths = Heads.Select((_, i) => rows.Max(x => x[i].Length)).ToArray();
        return string.Concat(rows.Select(row => string.Join("  ", row.Select((x, i) => x.PadRight(widths[i]))).TrimEnd() + "\n").Concat(Notes(parts).Select(x => x.Text + "\n")));
    }

    /// <summary>A table on the terminal.</summary>
    public static void Write(IReadOnlyList<PartStatus> parts)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var head in Heads)
        {
            table.AddColumn(new TableColumn($"[grey]{head}[/]") { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        foreach (var (status, row) in parts.Zip(Rows(parts)))
        {
            table.AddRow([.. row.Select((x, i) => i == 1 ? $"[{ColourOf(status.State)}]{x}[/]" : Markup.Escape(x))]);
        }

        AnsiConsole.Write(table);
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

    public static bool FitsTerminal => Screen.HasColours;

    private static string ColourOf(PartState state) => state switch
    {
        PartState.Running => "green",
        PartState.Dead => "red",
        PartState.Unresponsive => "red",
        _ => "yellow",
    };
}
