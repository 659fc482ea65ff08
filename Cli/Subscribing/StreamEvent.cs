using System.Buffers;
using System.Text.Json;

namespace OrleansGateway.Cli.Subscribing;

/// <summary>What a line of the form <c>json</c> is.</summary>
internal enum StreamEventKind
{
    /// <summary>One that says nothing to a person: <c>open</c>, <c>keepalive</c>, or one of a later version.</summary>
    Other,
    Message,
    Gap,
    End,
}

/// <summary>A line of the form <c>json</c>: an event, with the id from which it resumes.</summary>
internal readonly ref struct StreamEvent
{
    private StreamEvent(StreamEventKind kind, string? id, string? channel, string? after, long? missed, string? reason) =>
        (Kind, Id, Channel, After, Missed, Reason) = (kind, id, channel, after, missed, reason);

    public StreamEventKind Kind { get; }

    /// <summary>After which the stream goes on; null where it does not say.</summary>
    public string? Id { get; }

    public string? Channel { get; }

    /// <summary>Of a gap: the id after which something is missing.</summary>
    public string? After { get; }

    /// <summary>Of a gap: how many messages are missing; null where nobody knows.</summary>
    public long? Missed { get; }

    /// <summary>Of an end: why.</summary>
    public string? Reason { get; }

    /// <summary>Reads a line, and writes the bytes of a message.</summary>
    /// <param name="line">The line.</param>
    /// <param name="data">Where the bytes of a message go; null where nobody wants them.</param>
    /// <exception cref="JsonException">It is none.</exception>
    public static StreamEvent Read(ReadOnlySpan<byte> line, IBufferWriter<byte>? data)
    {
        var json = new Utf8JsonReader(line);
        var (kind, missed, base64) = (StreamEventKind.Other, (long?)null, false);
        string? id = null, channel = null, after = null, reason = null;
        var value = default(Utf8JsonReader);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a line of a stream is an object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("data"u8))
            {
                json.Read();
                value = json;
            }
            else if (json.ValueTextEquals("event"u8))
            {
                json.Read();
                kind = json.ValueTextEquals("message"u8) ? StreamEventKind.Message
                    : json.ValueTextEquals("gap"u8) ? StreamEventKind.Gap
                    : json.ValueTextEquals("end"u8) ? StreamEventKind.End
                    : StreamEventKind.Other;
            }
            else if (json.ValueTextEquals("id"u8))
            {
                id = Text(ref json);
            }
            else if (json.ValueTextEquals("encoding"u8))
            {
                json.Read();
                base64 = json.TokenType == JsonTokenType.String && json.ValueTextEquals("base64"u8);
            }
            else if (kind != StreamEventKind.Message && json.ValueTextEquals("channel"u8))
            {
                channel = Text(ref json);
            }
            else if (json.ValueTextEquals("after"u8))
            {
                after = Text(ref json);
            }
            else if (json.ValueTextEquals("reason"u8))
            {
                reason = Text(ref json);
            }
            else if (json.ValueTextEquals("missed"u8))
            {
                json.Read();
                missed = json.TokenType == JsonTokenType.Number ? json.GetInt64() : null;
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        if (kind == StreamEventKind.Message && data is not null)
        {
            Write(value, base64, data);
        }

        return new StreamEvent(kind, id, channel, after, missed, reason);
    }

    private static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.String ? json.GetString() : null;
    }

    private static void Write(Utf8JsonReader value, bool base64, IBufferWriter<byte> data)
    {
        if (value.TokenType != JsonTokenType.String)
        {
            throw new JsonException("a message has data");
        }

        if (base64)
        {
            data.Write(value.GetBytesFromBase64());
        }
        else
        {
            // Never longer than it is escaped.
            data.Advance(value.CopyString(data.GetSpan(Math.Max(1, value.ValueSpan.Length))));
        }
    }
}
