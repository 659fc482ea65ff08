using System.Globalization;
using System.Text;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>The tail viewer: a part a message, each with its length.</summary>
internal sealed class TailTransport : Transport
{
    private const string Length = "Content-Length:";

    public override string Name => "tail";

    public override Promise Promise => Promise.Newest;

    public override async Task Read(Notes notes, CancellationToken cancellationToken)
    {
        using var response = await Open(notes, "as=tail", cancellationToken);
        if (response is null)
        {
            return;
        }

        var lines = new ByteLines(await response.Content.ReadAsStreamAsync(cancellationToken), notes.Alive);
        var length = 0;
        while (await lines.Line(cancellationToken) is { } line)
        {
            var text = line.Length < 200 ? Encoding.ASCII.GetString(line.Span) : string.Empty;
            if (text.StartsWith(Length, StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(text.AsSpan(Length.Length), CultureInfo.InvariantCulture);
            }
            else if (text.Length == 0 && length > 0)
            {
                if (await lines.Bytes(length, cancellationToken) is not { } body)
                {
                    break;
                }

                notes.Message(null, body.Span);
                length = 0;
            }
        }

        notes.Ended("end of stream");
    }
}
