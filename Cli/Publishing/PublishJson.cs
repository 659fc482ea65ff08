using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansGateway.Cli.Publishing;

/// <summary>What a node answers to a line that it was sent.</summary>
/// <param name="Line">The number of the line; null where it is no answer to one.</param>
/// <param name="Id">The id of its message; null where it was refused.</param>
/// <param name="Status">Why it was refused, as a status of HTTP.</param>
/// <param name="Detail">The same in words.</param>
internal readonly record struct LineAnswer(long? Line, string? Id, int Status, string? Detail);

/// <summary>The objects of the WebSocket subprotocol <c>gateway.json</c>, as far as a publisher needs them.</summary>
internal static class PublishJson
{
    private static readonly JsonWriterOptions Short = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes the publish of a line.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="line">The bytes of the line.</param>
    /// <param name="type">Its content type; null leaves it to the node.</param>
    /// <param name="key">Its idempotency key.</param>
    /// <param name="number">Its number.</param>
    public static void WriteLine(IBufferWriter<byte> output, ReadOnlySpan<byte> line, string? type, string key, long number)
    {
        using var json = new Utf8JsonWriter(output, Short);
        json.WriteStartObject();
        if (Utf8.IsValid(line))
        {
            json.WriteString("publish"u8, line);
        }
        else
        {
            json.WriteBase64String("publish"u8, line);
            json.WriteString("encoding"u8, "base64"u8);
        }

        if (type is not null)
        {
            json.WriteString("type"u8, type);
        }

        json.WriteString("key"u8, key);
        json.WriteNumber("ref"u8, number);
        json.WriteEndObject();
    }

    /// <summary>Reads what comes; of what is no answer, such as the channel's messages, nothing.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static LineAnswer Read(ReadOnlySpan<byte> text)
    {
        // Who publishes to a channel this way also gets its messages: they are many, and not even read.
        if (text.StartsWith("""{"event":"message","""u8))
        {
            return default;
        }

        var json = new Utf8JsonReader(text);
        var (isAnswer, line, status) = (false, (long?)null, 0);
        string? id = null, detail = null;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("event"u8))
            {
                json.Read();
                isAnswer = json.ValueTextEquals("ack"u8) || json.ValueTextEquals("error"u8);
            }
            else if (json.ValueTextEquals("ref"u8))
            {
                json.Read();
                line = json.TokenType == JsonTokenType.Number ? json.GetInt64() : null;
            }
            else if (json.ValueTextEquals("id"u8))
            {
                json.Read();
                id = json.GetString();
            }
            else if (json.ValueTextEquals("status"u8))
            {
                json.Read();
                status = json.GetInt32();
            }
            else if (json.ValueTextEquals("detail"u8))
            {
                json.Read();
                detail = json.GetString();
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        return isAnswer && line is not null ? new LineAnswer(line, status == 0 ? id : null, status, detail) : default;
    }
}
