using System.Text;
using System.Text.Json;

namespace OrleansGateway.Cli.Status;

/// <summary>Writes <c>gateway status --json</c>.</summary>
internal static class StatusJson
{
    private const int UptimeDecimals = 1;

    public static string Write(IReadOnlyList<PartStatus> parts)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("parts");
            foreach (var part in parts)
            {
                Write(json, part);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void Write(Utf8JsonWriter json, PartStatus status)
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
