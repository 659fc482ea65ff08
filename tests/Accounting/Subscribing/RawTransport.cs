using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>A line a message: this run's bodies have no line ends. An empty line keeps the connection.</summary>
internal sealed class RawTransport : Transport
{
    public override string Name => "raw";

    public override Promise Promise => Promise.EverythingWhileConnected;

    public override async Task Read(Notes notes, CancellationToken cancellationToken)
    {
        using var response = await Open(notes, "as=raw", cancellationToken);
        if (response is null)
        {
            return;
        }

        var lines = new ByteLines(await response.Content.ReadAsStreamAsync(cancellationToken), notes.Alive);
        while (await lines.Line(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                notes.Message(null, line.Span);
            }
        }

        notes.Ended("end of stream");
    }
}
