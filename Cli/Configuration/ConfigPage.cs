using System.Text;

namespace OrleansGateway.Cli.Configuration;

/// <summary>Writes docs/configuration.md (<c>gateway config --markdown</c>).</summary>
internal static class ConfigPage
{
    private const string Head = """
        # Configuration

        <!-- Made by `./gateway config --markdown >docs/configuration.md` from the settings in Settings/Options. A test compares them. -->

        A setting is said in one of four places; a later one wins:

        1. its default,
        2. `appsettings.json` in the directory in which a part is started (JSON with comments; a comma at an end does no harm),
        3. the environment: `Gateway__Http` is `Gateway:Http`,
        4. a flag, where it has one.

        The commands remember the flags and the environment with which a part was started (`STATE/cluster.json`): `gateway start node 2` brings node 2 back as it was. What is in the file is read anew by whatever starts.

        `gateway config` shows every setting with its value and who said so; `gateway config WORD` those that have to do with a word; `--json` for programs.
        `gateway config --sample >appsettings.json` writes a file with all of them as comments.

        **Reload**: where the tables say *reload*, a change holds as soon as the file is saved, at `gateway reload`, or at SIGHUP, and no connection is dropped. What says *restart* is
        named by `gateway reload` and `gateway status` until `gateway restart` applies it, one node after the other. (How many nodes there are, and whether there is a number server, is what `gateway start` and `gateway up` look at.) A file is good as a whole: where one value is bad, or there is no such setting,
        nothing of it is applied, the old values go on, and the reason is logged and shown by `gateway reload` and `gateway status`. At a start it is exit code 2.

        **Values**: a duration is `250ms`, `30s`, `1h30m` or `00:00:30`; a size is `64 KB` (1,000 bytes each), `16 MiB` (1,024 × 1,024) or bytes.

        """;

    /// <summary>The page.</summary>
    public static string Write()
    {
        var text = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var section in GatewaySettings.All.GroupBy(x => x.Section))
        {
            text.Append($"\n## {section.Key}\n\n| setting | flag | default | allowed | change | what it means |\n|---|---|---|---|---|---|\n");
            foreach (var setting in section)
            {
                text.Append(
                    $"| `{setting.Key}` | {(setting.Flag.Length == 0 ? "" : $"`{setting.Flag}{(setting.ValueName.Length == 0 ? "" : $" {setting.ValueName}")}`")} "
                    + $"| {Default(setting)} | {Cell(setting.Allowed)} | {(setting.Reloads ? "reload" : "restart")} | {Cell(setting.Meaning)} |\n");
            }
        }

        return text.ToString();
    }

    private static string Default(Setting setting) =>
        setting.IsRequired ? "" : setting.Default.Length == 0 ? "none" : setting.Refuse(setting.Default) is null ? $"`{setting.Default}`" : Cell(setting.Default);

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
