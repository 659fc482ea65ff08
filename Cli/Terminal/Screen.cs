namespace OrleansGateway.Cli.Terminal;

/// <summary>How a line is meant; on a terminal it has a colour for it.</summary>
internal enum Tone
{
    Plain,
    Good,
    Bad,
    Notable,
    Quiet,
}

/// <summary>Standard output and standard error, for people: with colours on a terminal unless <c>NO_COLOR</c> is set, else plain.</summary>
internal static class Screen
{
    /// <summary>Whether standard output is a terminal that can be drawn on.</summary>
    public static bool CanDraw { get; } = !Console.IsOutputRedirected && CanTerminalDraw;

    /// <summary>Whether standard error is one.</summary>
    public static bool CanDrawErrors { get; } = !Console.IsErrorRedirected && CanTerminalDraw;

    /// <summary>Whether colours are wanted on a terminal.</summary>
    public static bool WantsColours { get; } =
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    /// <summary>Whether standard output has colours.</summary>
    public static bool HasColours { get; } = !Console.IsOutputRedirected && WantsColours;

    /// <summary>How many columns the terminal of standard output has; null where it is none, or does not say.</summary>
    public static int? Columns
    {
        get
        {
            try
            {
                return CanDraw && Console.WindowWidth is > 0 and var columns ? columns : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>A line of pieces on standard output.</summary>
    public static void Line(StyledLine line) => Out(line.ToText(HasColours));

    /// <summary>A line on standard output.</summary>
    public static void Line(string text, Tone tone = Tone.Plain) => Out(HasColours ? Coloured(text, tone) : text);

    /// <summary>A line that begins with a quiet word, such as the time.</summary>
    public static void Line(string before, string text, Tone tone) =>
        Out(HasColours ? $"{Coloured(before, Tone.Quiet)} {Coloured(text, tone)}" : $"{before} {text}");

    /// <summary>A warning on standard error.</summary>
    public static void Warn(string text)
    {
        try
        {
            Console.Error.WriteLine($"warning: {text}");
        }
        catch (IOException)
        {
            // What was to be done is done all the same.
        }
    }

    /// <summary>A text in the colour of its tone.</summary>
    public static string Coloured(string text, Tone tone) => tone switch
    {
        Tone.Good => Sgr(text, 32),
        Tone.Bad => Sgr(text, 31),
        Tone.Notable => Sgr(text, 33),
        Tone.Quiet => Sgr(text, 90),
        _ => text,
    };

    private static bool CanTerminalDraw => Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    private static string Sgr(string text, int colour) => $"\e[{colour}m{text}\e[0m";

    private static void Out(string line)
    {
        try
        {
            Console.Out.WriteLine(line);
        }
        catch (IOException exception)
        {
            // What was to be done is done all the same.
            StandardOutput.Failed(exception);
        }
    }
}
