using System.Globalization;
using System.Text;

namespace OrleansGateway.Cli.Terminal;

/// <summary>A line of a screen: pieces of text, each with a tone.</summary>
internal sealed class StyledLine
{
    private readonly List<(string Text, Tone Tone)> _pieces = [];

    /// <summary>The pieces.</summary>
    public IReadOnlyList<(string Text, Tone Tone)> Pieces => _pieces;

    /// <summary>How many columns it takes.</summary>
    public int Width => _pieces.Sum(x => WidthOf(x.Text));

    public StyledLine Add(string text, Tone tone = Tone.Plain)
    {
        if (text.Length > 0)
        {
            _pieces.Add((text, tone));
        }

        return this;
    }

    /// <summary>As much of it as fits.</summary>
    public StyledLine Cut(int width)
    {
        var cut = new StyledLine();
        foreach (var (text, tone) in _pieces)
        {
            var left = width - cut.Width;
            cut.Add(WidthOf(text) <= left ? text : Fit(text, left), tone);
            if (WidthOf(text) > left)
            {
                break;
            }
        }

        return cut;
    }

    /// <summary>The text, with the colours of its tones or without.</summary>
    public string ToText(bool colours) => string.Concat(_pieces.Select(x => colours ? Screen.Coloured(x.Text, x.Tone) : x.Text));

    /// <summary>The text without its tones.</summary>
    public override string ToString() => ToText(colours: false);

    /// <summary>A text in so many columns: filled up with blanks, or cut with a mark.</summary>
    public static string Pad(string text, int width, bool right = false)
    {
        text = WidthOf(text) <= width ? text : Fit(text, width);
        var blanks = new string(' ', Math.Max(0, width - WidthOf(text)));
        return right ? blanks + text : text + blanks;
    }

    /// <summary>How many columns a text takes: East Asian characters and pictures two, marks none.</summary>
    public static int WidthOf(string text) => text.EnumerateRunes().Sum(WidthOf);

    /// <summary>A name that somebody else chose, without what would change the terminal or the direction of the text.</summary>
    public static string Harmless(string text) => string.Concat(text.EnumerateRunes().Select(
        x => Rune.GetUnicodeCategory(x) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? "\u00b7" : x.ToString()));

    private static string Fit(string text, int width)
    {
        if (width <= 0)
        {
            return string.Empty;
        }

        var (fitting, taken) = (new StringBuilder(), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (taken + WidthOf(rune) > width - 1)
            {
                break;
            }

            fitting.Append(rune.ToString());
            taken += WidthOf(rune);
        }

        return fitting.Append('\u2026').ToString();
    }

    private static int WidthOf(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? 0
        : rune.Value is (>= 0x1100 and <= 0x115f) or (>= 0x2e80 and <= 0xa4cf) or (>= 0xac00 and <= 0xd7a3) or (>= 0xf900 and <= 0xfaff)
            or (>= 0xfe30 and <= 0xfe6f) or (>= 0xff00 and <= 0xff60) or (>= 0xffe0 and <= 0xffe6) or (>= 0x1f300 and <= 0x1faff) or (>= 0x20000 and <= 0x3fffd) ? 2
        : 1;
}
