using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>
/// What happens in a subscription as one JSON object (RFC 8259) without a line's end in it:
/// <c>{"event","id","channel","time","type","data","encoding"?}</c>.
/// </summary>
internal static class JsonEvent
{
    // No browser reads it as HTML. What ends a line in some readers (U+0085, U+2028, U+2029) is still escaped.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A message: text as a string, the rest in base64 (RFC 4648, section 4).</summary>
    public static ReadOnlySpan<byte> Message(RelayEntry entry)
    {
        var (message, isText) = (entry.Message, MessageText.IsText(entry.Message));
        var output = new ArrayBufferWriter<byte>(message.Body.Length + 256);
        using var json = Begin(output, "message", entry.Channel, entry.ResumeId, message.TimeMs);
        json.WriteString("type"u8, message.ContentType ?? (isText ? MessageText.TextType : MessageText.BinaryType));
        if (isText)
        {
            json.WriteString("data"u8, message.Body.Span);
        }
        else
        {
            json.WriteBase64String("data"u8, message.Body.Span);
            json.WriteString("encoding"u8, "base64"u8);
        }

        return End(json, output);
    }

    /// <summary>Messages that are missing. Its id is the one after which it goes on.</summary>
    public static ReadOnlySpan<byte> Gap(in Gap gap)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using var json = Begin(output, "gap", gap.Channel, gap.Resumed, null);
        json.WriteString("after"u8, gap.After);
        json.WriteString("resumed"u8, gap.Resumed);
        if (gap.Missed is { } missed)
        {
            json.WriteNumber("missed"u8, missed);
        }
        else
        {
            json.WriteNull("missed"u8);
        }

        return End(json, output);
    }

    /// <summary>An event that says where a subscription stands: <c>open</c>, <c>keepalive</c>, <c>end</c>.</summary>
    public static ReadOnlySpan<byte> Standing(string name, in Standing at, string? reason = null)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using var json = Begin(output, name, at.Channel, at.Id, at.TimeMs);
        if (reason is not null)
        {
            json.WriteString("reason"u8, reason);
        }

        return End(json, output);
    }

    /// <summary>The answer to a publish that was taken: the id of its message.</summary>
    public static ReadOnlySpan<byte> Ack(JsonElement? reference, string id)
    {
        var output = new ArrayBufferWriter<byte>(128);
        using var json = BeginAnswer(output, "ack", reference);
        json.WriteString("id"u8, id);
        return End(json, output);
    }

    /// <summary>The answer to a publish that was not taken.</summary>
    public static ReadOnlySpan<byte> Error(JsonElement? reference, Problem problem)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using var json = BeginAnswer(output, "error", reference);
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("detail"u8, problem.Detail);
        return End(json, output);
    }

    private static Utf8JsonWriter Begin(ArrayBufferWriter<byte> output, string name, string channel, string? id, long? timeMs)
    {
        var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        json.WriteString("event"u8, name);
        if (id is not null)
        {
            json.WriteString("id"u8, id);
        }

        json.WriteString("channel"u8, channel);
        if (timeMs is { } time)
        {
            json.WriteString("time"u8, Rfc3339.Utc(time));
        }

        return json;
    }

    private static Utf8JsonWriter BeginAnswer(ArrayBufferWriter<byte> output, string name, JsonElement? reference)
    {
        var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        json.WriteString("event"u8, name);
        if (reference is { } echoed)
        {
            json.WritePropertyName("ref"u8);
            echoed.WriteTo(json);
        }

        return json;
    }

    private static ReadOnlySpan<byte> End(Utf8JsonWriter json, ArrayBufferWriter<byte> output)
    {
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan;
    }
}
