using System.Text;
using System.Text.Json;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Status;

/// <summary>Writes <c>gateway status --json</c>.</summary>
internal static class StatusJson
{
    private const int UptimeDecimals = 1;

    /// <summary>All parts.</summary>
    /// <param name="parts">How they are.</param>
    /// <param name="services">Whether the services of each are told, too.</param>
    public static string Write(IReadOnlyList<PartStatus> parts, bool services = false)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("parts");
            foreach (var part in parts)
            {
                Write(json, part, services);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void Write(Utf8JsonWriter json, PartStatus status, bool services)
    {
        json.WriteStartObject();
        json.WriteString("name", status.Part.Name);
        json.WriteString("kind", status.Part.Node is null ? "numbers" : "node");
        json.WriteString("state", status.StateWord);
        Number("pid", status.Pid);
        if (status.Part.Node is null)
        {
            json.WriteString("address", status.Part.Numbers.ToString());
        }
        else
        {
            json.WriteString("http", status.Part.Address);
            json.WriteString("silo", status.Part.Silo.ToString());
        }

        Number("uptime", status.Uptime is { } uptime ? (decimal)Math.Round(uptime.TotalSeconds, UptimeDecimals) : null);
        if (status.Part.Node is not null)
        {
            json.WriteBoolean("bridge", status.Bridge);
        }

        json.WriteString("error", status.Error);
        json.WritePropertyName("reload");
        JsonSerializer.Serialize(json, status.Report?.Reload, PartReportJson.Default.ReloadOutcome);
        if (services)
        {
            json.WritePropertyName("services");
            JsonSerializer.Serialize(json, status.Report?.Services, PartReportJson.Default.ServiceReport);
        }

        json.WriteEndObject();

        void Number(string name, decimal? value)
        {
            if (value is { } number)
            {
                json.WriteNumber(name, number);
            }
            else
            {
                json.WriteNull(name);
            }
        }
    }
}
