using System.Text;

namespace OrleansGateway.Cli.Terminal;

/// <summary>The terminal's other screen: what was on it before is there again afterwards. It is drawn over, never cleared, so that nothing flickers.</summary>
/// <param name="write">Writes to the terminal.</param>
/// <param name="colours">Whether there are colours.</param>
internal sealed class AlternateScreen(Func<string, bool> write, bool colours) : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[?7l\e[H\e[2J", Leave = "\e[?7h\e[?25h\e[?1049l", Home = "\e[H", RestOfLine = "\e[K";

    // A terminal that knows them shows what is between at once; others ignore them.
    private const string Begin = "\e[?2026h", End = "\e[?2026l";

    private readonly Lock _lock = new();
    private bool _shown;

    /// <summary>Goes to it, if it is not there.</summary>
    public void Show()
    {
        lock (_lock)
        {
            if (!_shown)
            {
                _shown = true;
                write(Enter);
            }
        }
    }

    /// <summary>Leaves it.</summary>
    public void Hide()
    {
        lock (_lock)
        {
            if (_shown)
            {
                _shown = false;
                write(Leave);
            }
        }
    }

    /// <summary>Draws as many lines as the screen has from its top; where it was left, nothing. False when the terminal is gone.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="width">The columns of the screen.</param>
    public bool Draw(IReadOnlyList<StyledLine> lines, int width)
    {
        var text = new StringBuilder(Begin + Home);
        for (var i = 0; i < lines.Count; i++)
        {
            // In the last column it would take the last character away.
            text.Append(lines[i].ToText(colours)).Append(lines[i].Width < width ? RestOfLine : "").Append(i < lines.Count - 1 ? "\r\n" : "");
        }

        text.Append(End);
        lock (_lock)
        {
            return !_shown || write(text.ToString());
        }
    }

    public void Dispose() => Hide();
}
