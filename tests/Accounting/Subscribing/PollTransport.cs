using System.Net;
using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>Asks for what is new, time and again; each question is a connection of its own.</summary>
internal sealed class PollTransport(bool waits) : Transport
{
    public override string Name => waits ? "long poll" : "poll";

    public override Promise Promise => Promise.Everything;

    public override TimeSpan Rest => TimeSpan.FromMilliseconds(700);

    public override async Task Read(Notes notes, CancellationToken cancellationToken)
    {
        // The first question only asks for a place.
        using var response = await Open(notes, waits && notes.After is not null ? "poll=1&wait=5s" : "poll=1", cancellationToken);
        if (response is null)
        {
            return;
        }

        // What to ask with next: where nothing came, the place that it already has.
        var next = response.Headers.TryGetValues("Last-Event-ID", out var values) ? Id.Parse(values.Single()) : (Id?)null;
        if ((notes.After ?? (next is { } any ? any with { Offset = 0 } : null)) is { } begins)
        {
            notes.Begins(begins);
        }

        var last = notes.After;
        if (response.StatusCode == HttpStatusCode.OK)
        {
            var lines = new ByteLines(await response.Content.ReadAsStreamAsync(cancellationToken), notes.Alive);
            while (await lines.Line(cancellationToken) is { } line)
            {
                JsonEvents.Note(notes, line);
            }

            last = notes.Last ?? last;
        }

        notes.Ended($"{(int)response.StatusCode}");
        if (next is null || (last is not null && next != last))
        {
            notes.Refused($"Last-Event-ID is {next?.ToString() ?? "missing"}, the last message was {last}");
        }
    }
}
