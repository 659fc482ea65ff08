using System.Buffers;
using System.Text;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>Server-sent events of several channels: the data of each message is its JSON object, which names the channel.</summary>
internal sealed class SseJsonEncoder : SseEncoder
{
    public override int Index => 7;

    public override byte[] Encode(RelayEntry entry)
    {
        var json = JsonEvent.Message(entry);
        var output = new ArrayBufferWriter<byte>(json.Length + 64);
        output.Write("id: "u8);
        output.Write(Encoding.ASCII.GetBytes(entry.ResumeId));
        output.Write("\ndata: "u8);
        output.Write(json);
        output.Write("\n\n"u8);
        return output.WrittenSpan.ToArray();
    }
}
