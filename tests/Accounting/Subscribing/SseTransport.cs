using System.Text;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>Server-sent events, read as the standard says: an event counts when its empty line has come.</summary>
internal sealed class SseTransport : Transport
{
    public override string Name => "sse";

    public override Promise Promise => Promise.Everything;

    public override async Task Read(Notes notes, CancellationToken cancellationToken)
    {
        using var response = await Open(notes, "as=sse", cancellationToken);
        if (response is null)
        {
            return;
        }

        var lines = new ByteLines(await response.Content.ReadAsStreamAsync(cancellationToken), notes.Alive);
        var (id, kind, data) = ((Id?)null, "message", (MemoryStream?)null);
        while (await lines.Line(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                Dispatch(notes, id, kind, data);
                (id, kind, data) = (null, "message", null);
                continue;
            }

            // A comment begins with a colon, so its field is empty.
            var colon = line.Span.IndexOf((byte)':');
            var field = Encoding.ASCII.GetString(line.Span[..Math.Max(colon, 0)]);
            var value = line[(colon + 1)..];
            value = value.Span.StartsWith(" "u8) ? value[1..] : value;
            switch (field)
            {
                case "id":
                    id = Id.Parse(Encoding.UTF8.GetString(value.Span));
                    break;
                case "event":
                    kind = Encoding.UTF8.GetString(value.Span);
                    break;
                case "data":
                    data?.WriteByte((byte)'\n');
                    (data ??= new MemoryStream()).Write(value.Span);
                    break;
            }
        }

        notes.Ended("end of stream");
    }

    private static void Dispatch(Notes notes, Id? id, string kind, MemoryStream? data)
    {
        switch (kind)
        {
            case "message" when data is not null:
                notes.Message(id, data.ToArray());
                break;
            case "message" when id is { } begins:
                notes.Begins(begins);
                break;
            case "message":
                break;
            case "binary" when data is not null:
                notes.Message(id, Convert.FromBase64String(Encoding.ASCII.GetString(data.ToArray())));
                break;
            case "gap":
                notes.Gap(id, Text(data));
                break;
            case "end":
                notes.Ended(Text(data));
                break;
            default:
                notes.Refused($"an event '{kind}' with {Text(data)}");
                break;
        }
    }

    private static string Text(MemoryStream? data) => data is null ? string.Empty : Encoding.UTF8.GetString(data.ToArray());
}
