using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Clients;

/// <summary>A message as a client sees it: text, or bytes, in the words that all test clients write and read: a JSON string, or <c>{"base64"}</c>.</summary>
internal readonly record struct Message(string Text, bool IsBinary = false)
{
    /// <summary>What a client that shows no message says where some are missing.</summary>
    public static Message Gap { get; } = new("(gap)");

    public byte[] Bytes => IsBinary ? Convert.FromBase64String(Text) : Encoding.UTF8.GetBytes(Text);

    public static Message Binary(ReadOnlySpan<byte> bytes) => new(Convert.ToBase64String(bytes), IsBinary: true);

    /// <summary>Reads a client's line; null where it is no message.</summary>
    public static Message? Parse(string line)
    {
        if (line.StartsWith("gap", StringComparison.Ordinal))
        {
            return Gap;
        }

        if (line is "open" or "")
        {
            return null;
        }

        using var json = JsonDocument.Parse(line);
        return json.RootElement.ValueKind == JsonValueKind.String ? new Message(json.RootElement.GetString()!)
            : json.RootElement.TryGetProperty("base64", out var binary) ? new Message(binary.GetString()!, IsBinary: true)
            : ParseEvent(json.RootElement);
    }

    /// <summary>Reads an object of the form <c>json</c>; null where it is no message.</summary>
    public static Message? ParseEvent(JsonElement json) => json.GetProperty("event").GetString() switch
    {
        "message" => new Message(json.GetProperty("data").GetString()!, json.TryGetProperty("encoding", out _)),
        "gap" => Gap,
        _ => null,
    };

    public string ToLine() => IsBinary ? $$"""{"base64":"{{Text}}"}""" : JsonSerializer.Serialize(Text);
}
