using System.Globalization;
using System.Text;
using OrleansGateway.Channels;

namespace OrleansGateway.Transports;

/// <summary>Draws a message as an image (SVG 1.1): its text, or what it is where it is none. Nothing of a message is markup in it.</summary>
internal static class SvgDrawing
{
    /// <summary>The most lines that are drawn.</summary>
    public const int MaxLines = 40;

    /// <summary>The most columns of a line; most characters take one, those of East Asia and emoji two.</summary>
    public const int MaxColumns = 160;

    // Marks that stand on a character take none, and somebody piles up a thousand.
    private const int MaxRunes = 4 * MaxColumns;

    private const int FontSize = 14;
    private const int LineHeight = 20;
    private const int Padding = 8;
    private const int TabColumns = 8;

    // A little more than what monospace fonts take.
    private const double ColumnWidth = 0.61 * FontSize;

    /// <summary>The image of a message, in UTF-8.</summary>
    public static byte[] Draw(in ChannelMessage message)
    {
        var lines = MessageText.IsText(message)
            ? Cut(Encoding.UTF8.GetString(message.Body.Span))
            : [Cut(string.Create(CultureInfo.InvariantCulture, $"{message.ContentType ?? MessageText.BinaryType}, {message.Body.Length:n0} {(message.Body.Length == 1 ? "byte" : "bytes")}"))[0]];
        var columns = lines.Max(x => x.Columns);
        var (width, height) = ((int)Math.Ceiling(columns * ColumnWidth) + (2 * Padding), (lines.Count * LineHeight) + (2 * Padding));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $$"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{{width}}" height="{{height}}" viewBox="0 0 {{width}} {{height}}">
            <style>
            text { fill: #1f2328; font: {{FontSize}}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }
            @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
            </style>

            """);
        for (var i = 0; i < lines.Count; i++)
        {
            // Each is a text of its own: no direction that one sets reaches the next.
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Padding}\" y=\"{Padding + (i * LineHeight) + FontSize}\" xml:space=\"preserve\">");
            Escape(svg, lines[i].Text);
            svg.Append("</text>\n");
        }

        return Encoding.UTF8.GetBytes(svg.Append("</svg>\n").ToString());
    }

    private static List<(string Text, int Columns)> Cut(ReadOnlySpan<char> text)
    {
        // A last line's end begins no other line.
        text = text.EndsWith("\r\n") ? text[..^2] : text.Length > 0 && text[^1] is '\n' or '\r' ? text[..^1] : text;
        var lines = new List<(string Text, int Columns)>();
        var rest = 0;
        foreach (var line in text.EnumerateLines())
        {
            if (lines.Count < MaxLines)
            {
                lines.Add(CutLine(line));
            }
            else
            {
                rest++;
            }
        }

        if (rest > 0)
        {
            lines[^1] = CutLine($"… {rest + 1} more lines");
        }

        return lines;
    }

    private static (string Text, int Columns) CutLine(ReadOnlySpan<char> line)
    {
        var shown = new StringBuilder();
        var (columns, runes) = (0, 0);
        foreach (var rune in line.EnumerateRunes())
        {
            var width = rune.Value == '\t' ? TabColumns - (columns % TabColumns) : WidthOf(rune);
            if (columns + width > MaxColumns || ++runes > MaxRunes)
            {
                return (shown.Append('…').ToString(), columns + 1);
            }

            columns += width;
            _ = rune.Value == '\t' ? shown.Append(' ', width) : shown.Append(Visible(rune));
        }

        return (shown.ToString(), columns);
    }

    // XML 1.0 has no way to say most control characters, nor U+FFFE and U+FFFF (section 2.2).
    private static Rune Visible(Rune rune) => rune.Value switch
    {
        < 0x20 => new Rune(0x2400 + rune.Value),
        0x7f => new Rune(0x2421),
        (>= 0x80 and < 0xa0) or 0xfffe or 0xffff => Rune.ReplacementChar,
        _ => rune,
    };

    private static int WidthOf(Rune rune) => rune.Value switch
    {
        < 0x300 => 1,
        (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0xa4cf) or (>= 0xac00 and <= 0xd7a3) or (>= 0xf900 and <= 0xfaff) or (>= 0xfe30 and <= 0xfe6f)
            or (>= 0xff00 and <= 0xff60) or (>= 0xffe0 and <= 0xffe6) or (>= 0x1f000 and <= 0x1faff) or (>= 0x20000 and <= 0x3fffd) => 2,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format ? 0 : 1,
    };

    private static void Escape(StringBuilder svg, string text)
    {
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => svg.Append("&amp;"),
                '<' => svg.Append("&lt;"),
                '>' => svg.Append("&gt;"),
                _ => svg.Append(c),
            };
        }
    }
}
