using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Cli.Top;

/// <summary>A column of a table.</summary>
/// <param name="Head">Its head.</param>
/// <param name="Width">Its columns on the screen; that of the first is what the others leave.</param>
/// <param name="From">The width of the screen from which on it is shown.</param>
/// <param name="Cell">What is in it.</param>
/// <param name="Tone">How that is meant.</param>
/// <param name="Left">Whether it begins at the left.</param>
internal sealed record TopColumn<T>(string Head, int Width, int From, Func<T, string> Cell, Func<T, Tone>? Tone = null, bool Left = false);

/// <summary>A table of lines with columns, as wide as the screen.</summary>
internal static class TopTable
{
    private const int WidestFirst = 60;

    /// <summary>The head.</summary>
    public static StyledLine Head<T>(IReadOnlyList<TopColumn<T>> columns, int width, string? sorted = null)
    {
        var line = new StyledLine();
        foreach (var (column, size) in Sizes(columns, width))
        {
            line.Add(line.Pieces.Count == 0 ? "" : " ").Add(StyledLine.Pad(column.Head, size, !column.Left), column.Head == sorted ? Tone.Notable : Tone.Quiet);
        }

        return line.Cut(width);
    }

    /// <summary>A row.</summary>
    public static StyledLine Row<T>(IReadOnlyList<TopColumn<T>> columns, T row, int width)
    {
        var line = new StyledLine();
        foreach (var (column, size) in Sizes(columns, width))
        {
            line.Add(line.Pieces.Count == 0 ? "" : " ").Add(StyledLine.Pad(column.Cell(row), size, !column.Left), column.Tone?.Invoke(row) ?? Tone.Plain);
        }

        return line.Cut(width);
    }

    private static IEnumerable<(TopColumn<T> Column, int Size)> Sizes<T>(IReadOnlyList<TopColumn<T>> columns, int width)
    {
        var shown = columns.Where(x => width >= x.From).ToList();
        var first = Math.Clamp(width - shown.Skip(1).Sum(x => x.Width + 1), shown[0].Width, WidestFirst);
        return shown.Select((x, i) => (x, i == 0 ? first : x.Width));
    }
}
