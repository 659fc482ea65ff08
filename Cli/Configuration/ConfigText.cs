using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Configuration;

/// <summary>Writes <c>gateway config</c> for people: each setting with its value, who said so, and what it means.</summary>
internal static class ConfigText
{
    private const int Indent = 4;
    private const int Narrowest = 40;

    /// <summary>The lines.</summary>
    /// <param name="rows">The settings.</param>
    /// <param name="columns">How wide a line may be; none is broken within a word.</param>
    public static IEnumerable<(string Text, Tone Tone)> Lines(IReadOnlyList<SettingRow> rows, int columns)
    {
        var section = string.Empty;
        foreach (var (row, next) in rows.Zip(rows.Skip(1).Append(null)))
        {
            if (row.Setting.Section != section)
            {
                if (section.Length > 0)
                {
                    yield return ("", Tone.Plain);
                }

                section = row.Setting.Section;
                yield return (section.ToUpperInvariant(), Tone.Plain);
            }

            // What somebody said stands out from what nobody did.
            var value = row.Value is { } said ? $" = {(said.Length == 0 ? "(none)" : said)}" : "";
            var (head, source, tone) = ($"{row.Key}{value}", $"({row.Source})", row.Origin.Kind == OriginKind.Default ? Tone.Plain : Tone.Good);
            var fits = head.Length + 3 + source.Length <= columns;
            yield return (fits ? $"{head}   {source}" : head, tone);
            if (!fits)
            {
                yield return (new string(' ', Indent) + source, tone);
            }

            // Said once where there are many of it.
            foreach (var line in row.Setting == next?.Setting ? [] : Wrapped.Lines(SettingWords.Explain(row.Setting, withDefault: row.Value is null || row.Origin.Kind != OriginKind.Default), Math.Max(Narrowest, columns) - Indent))
            {
                yield return (new string(' ', Indent) + line, Tone.Quiet);
            }
        }
    }
}
