using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>Server-sent events (WHATWG HTML, section 9.2).</summary>
internal class SseEncoder : MessageEncoder
{
    /// <summary>The type of the response.</summary>
    public const string ContentType = "text/event-stream";

    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    public override string Name => "sse";

    public override int Index => 1;

    public override TimeSpan? KeepAliveEvery { get; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// When to come back, and the id after which the stream begins, which browsers keep. Spread, so that the clients of a node
    /// that died do not come to the next one all at once.
    /// </summary>
    public override byte[] EncodeOpen(in Standing at) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {RandomNumberGenerator.GetInt32(1000, 2001)}\nid: {at.Id}\n\n"));

    public override byte[] EncodeKeepAlive(in Standing at) => Comment;

    public override byte[] Encode(RelayEntry entry)
    {
        var output = new ArrayBufferWriter<byte>(entry.Message.Body.Length + 64);
        output.Write("id: "u8);
        output.Write(Encoding.ASCII.GetBytes(entry.Id.ToString()));
        if (MessageText.IsText(entry.Message))
        {
            WriteData(output, entry.Message.Body.Span);
        }
        else
        {
            output.Write("\nevent: binary\ndata: "u8);
            var body = entry.Message.Body.Span;
            Base64.EncodeToUtf8(body, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(body.Length)), out _, out var written);
            output.Advance(written);
        }

        output.Write("\n\n"u8);
        return output.WrittenSpan.ToArray();
    }

    public override byte[] EncodeGap(Gap gap)
    {
        var data = JsonSerializer.Serialize(
            new GapData(gap.Channel, gap.After, gap.Resumed, gap.Missed), TransportJson.Default.GapData);
        return Encoding.UTF8.GetBytes($"event: gap\nid: {gap.Resumed}\ndata: {data}\n\n");
    }

    public override byte[] EncodeEnd(in Standing at, EndReason reason)
    {
        var data = JsonSerializer.Serialize(new EndData(at.Channel, NameOf(reason)), TransportJson.Default.EndData);
        return Encoding.UTF8.GetBytes($"event: end\ndata: {data}\n\n");
    }

    // \r\n, \r and \n all end a line, so each of them begins another field.
    private static void WriteData(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        while (true)
        {
            output.Write("\ndata: "u8);
            var end = text.IndexOfAny(LineEnds);
            if (end < 0)
            {
                output.Write(text);
                return;
            }

            output.Write(text[..end]);
            text = text[(text[end..].StartsWith("\r\n"u8) ? end + 2 : end + 1)..];
        }
    }
}

internal sealed record GapData(string Channel, string After, string Resumed, long? Missed);

internal sealed record EndData(string Channel, string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GapData))]
[JsonSerializable(typeof(EndData))]
internal sealed partial class TransportJson : JsonSerializerContext;
