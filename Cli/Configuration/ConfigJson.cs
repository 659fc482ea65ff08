using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Configuration;

/// <summary>Writes <c>gateway config --json</c>.</summary>
internal static class ConfigJson
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All settings.</summary>
    /// <param name="rows">The settings.</param>
    /// <param name="directory">Where <c>appsettings.json</c> is, or would be.</param>
    public static string Write(IEnumerable<SettingRow> rows, string directory)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Readable))
        {
            json.WriteStartObject();
            json.WriteString("file", Path.Combine(directory, GatewayConfiguration.FileName));
            json.WriteStartArray("settings");
            foreach (var row in rows)
            {
                Write(json, row);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void Write(Utf8JsonWriter json, SettingRow row)
    {
        var setting = row.Setting;
        json.WriteStartObject();
        json.WriteString("key", row.Key);
        json.WriteString("value", row.Value);
        json.WriteString("origin", row.Origin.Kind.ToString().ToLowerInvariant());
        json.WriteString("from", OrNull(row.Origin.Name));
        json.WriteString("default", setting.IsRequired ? null : setting.Default);
        json.WriteString("kind", setting.Kind);
        json.WriteString("unit", OrNull(setting.Unit));
        json.WriteString("allowed", setting.Allowed);
        json.WriteString("flag", OrNull(setting.Flag));
        json.WriteString("variable", Setting.VariableOf(row.Key));
        json.WriteBoolean("reloads", setting.Reloads);
        json.WriteString("meaning", setting.Meaning);
        json.WriteEndObject();
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
