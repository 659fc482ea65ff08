using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>A JSON object a line.</summary>
internal sealed class JsonTransport : Transport
{
    public override string Name => "json";

    public override Promise Promise => Promise.Everything;

    public override async Task Read(Notes notes, CancellationToken cancellationToken)
    {
        using var response = await Open(notes, "as=json", cancellationToken);
        if (response is null)
        {
            return;
        }

        var lines = new ByteLines(await response.Content.ReadAsStreamAsync(cancellationToken), notes.Alive);
        notes.Ended("end of stream");
        while (await lines.Line(cancellationToken) is { } line)
        {
            JsonEvents.Note(notes, line);
        }
    }
}
