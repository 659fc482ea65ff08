namespace OrleansGateway.Hosting;

/// <summary>Texts in lines for people.</summary>
internal static class Wrapped
{
    /// <summary>Breaks a text into lines no longer than that, where no word is longer.</summary>
    public static IEnumerable<string> Lines(string text, int width)
    {
        var line = string.Empty;
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = string.Empty;
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }

    /// <summary>Breaks a text that has something before its first line: the others begin where it does.</summary>
    public static string Hanging(string before, string text, int width) =>
        before + string.Join($"\n{new string(' ', before.Length)}", Lines(text, width - before.Length));
}
