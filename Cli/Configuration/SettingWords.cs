namespace OrleansGateway.Cli.Configuration;

/// <summary>What there is to say of a setting whatever its value is.</summary>
internal static class SettingWords
{
    /// <summary>Meaning, what is allowed, default, flag, and what a change takes, in sentences.</summary>
    /// <param name="setting">The setting.</param>
    /// <param name="withDefault">Whether the default is told.</param>
    public static string Explain(Setting setting, bool withDefault = true) =>
        $"{Sentence(setting.Meaning)}. Allowed: {setting.Allowed}.{(withDefault ? $" {Default(setting)}." : "")}{(setting.Flag.Length == 0 ? "" : $" Flag: {setting.Flag}.")} {Change(setting)}";

    /// <summary>The meaning as a sentence without its end.</summary>
    public static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>What holds where nothing is said.</summary>
    public static string Default(Setting setting) => setting.IsRequired ? "It has to be said" : $"Default: {(setting.Default.Length == 0 ? "none" : setting.Default)}";

    /// <summary>What a change takes to hold.</summary>
    public static string Change(Setting setting) => setting.Reloads ? "A reload applies a change." : "A change needs a restart.";
}
