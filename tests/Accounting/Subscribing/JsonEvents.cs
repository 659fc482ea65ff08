using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>The JSON objects of <c>as=json</c>, <c>gateway.json</c> and <c>poll</c>.</summary>
internal static class JsonEvents
{
    /// <summary>The bytes of a message.</summary>
    public static byte[] BodyOf(JsonElement message)
    {
        var data = message.GetProperty("data");
        return message.TryGetProperty("encoding", out var encoding) && encoding.GetString() == "base64"
            ? data.GetBytesFromBase64()
            : Encoding.UTF8.GetBytes(data.GetString()!);
    }

    public static void Note(Notes notes, ReadOnlyMemory<byte> line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        Id? id = root.TryGetProperty("id", out var text) && text.ValueKind == JsonValueKind.String ? Id.Parse(text.GetString()!) : null;
        switch (root.GetProperty("event").GetString())
        {
            case "open":
                notes.Begins(id!.Value);
                break;
            case "message":
                var body = BodyOf(root);
                var time = DateTimeOffset.Parse(root.GetProperty("time").GetString()!, CultureInfo.InvariantCulture);
                notes.Message(id, body, time.ToUnixTimeMilliseconds());
                break;
            case "gap":
                notes.Gap(id, root.ToString());
                break;
            case "end":
                notes.Ended(root.ToString());
                break;
            case "keepalive":
                break;
            default:
                notes.Refused($"the event {root}");
                break;
        }
    }
}
