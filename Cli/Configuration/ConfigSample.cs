using System.Text;
using System.Text.Json;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Configuration;

/// <summary>
/// Writes <c>gateway config --sample</c>: an <c>appsettings.json</c> with every setting as a comment, so that it says nothing until somebody takes away the
/// slashes before a line. Comments and commas at an end are allowed there.
/// </summary>
internal static class ConfigSample
{
    /// <summary>What stands for a name and a value where there is no default to show.</summary>
    private static readonly Dictionary<string, (string Name, string Value)> Examples = new()
    {
        ["Gateway:Retention:Channels:PATTERN:Messages"] = ("logs/*", "1000"),
        ["Gateway:Retention:Channels:PATTERN:Bytes"] = ("logs/*", "1 MiB"),
        ["Gateway:Retention:Channels:PATTERN:Age"] = ("logs/*", "1h"),
        ["Gateway:Bridges:NAME:Source"] = ("ticker", "127.0.0.1:9000"),
        ["Gateway:Bridges:NAME:Channel"] = ("ticker", "market/ticker"),
        ["Gateway:Bridges:NAME:Lines"] = ("ticker", "Text"),
        ["Gateway:Bridges:NAME:MaxLineBytes"] = ("ticker", "4 KiB"),
        ["Gateway:Bridges:NAME:IdleTimeout"] = ("ticker", "never"),
        ["Logging:LogLevel:CATEGORY"] = ("OrleansGateway", "Information"),
    };

    /// <summary>The file.</summary>
    public static string Write()
    {
        var text = new StringBuilder("""
            // The settings of OrleansGateway, all of them, with their defaults: an appsettings.json for the directory in which a part is started.
            // What is after slashes holds anyway. An environment variable wins over this file, and a flag over both.
            {

            """);
        var root = new Section();
        foreach (var setting in GatewaySettings.All)
        {
            root.Add(KeyOf(setting).Split(':'), setting);
        }

        root.Write(text, 1);
        return text.Append("}\n").ToString();
    }

    private static string KeyOf(Setting setting) => setting.IsPattern ? setting.KeyOf(Examples[setting.Key].Name) : setting.Key;

    private static string ValueOf(Setting setting)
    {
        var value = setting.IsPattern ? Examples[setting.Key].Value : setting.Default;
        return setting.IsList ? $"[{string.Join(", ", value.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Quoted))}]" : setting.IsLiteral ? value : Quoted(value);
    }

    private static string Quoted(string value) => $"\"{JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>What is in a pair of braces: first its settings, then what is below.</summary>
    private sealed class Section
    {
        private const int CommentWidth = 130;

        private readonly List<(string Name, Setting Setting)> _settings = [];
        private readonly List<(string Name, Section Section)> _sections = [];

        public void Add(ReadOnlySpan<string> path, Setting setting)
        {
            if (path.Length == 1)
            {
                _settings.Add((path[0], setting));
                return;
            }

            var name = path[0];
            var section = _sections.Find(x => x.Name == name).Section;
            if (section is null)
            {
                _sections.Add((name, section = new Section()));
            }

            section.Add(path[1..], setting);
        }

        public void Write(StringBuilder text, int depth)
        {
            var indent = new string(' ', 2 * depth);
            foreach (var (name, setting) in _settings)
            {
                foreach (var line in Wrapped.Lines(SettingWords.Explain(setting), CommentWidth - indent.Length))
                {
                    text.Append($"{indent}// {line}\n");
                }

                text.Append($"{indent}// {Quoted(name)}: {ValueOf(setting)},\n\n");
            }

            foreach (var (name, section) in _sections)
            {
                // Something that has a name of its own exists as soon as its braces do.
                var slashes = section.IsExample ? "// " : "";
                text.Append($"{indent}{slashes}{Quoted(name)}: {{\n");
                section.Write(text, depth + 1);
                while (text[^2] == '\n')
                {
                    text.Length--;
                }

                text.Append($"{indent}{slashes}}},\n");
            }
        }

        private bool IsExample => _settings.Exists(x => x.Setting.IsPattern && !x.Setting.Key.StartsWith("Logging:", StringComparison.Ordinal));
    }
}
