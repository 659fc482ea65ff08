using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>What each subscriber must have seen, by what its transport promises.</summary>
internal static class ReadingRules
{
    public static void Check(ChannelHistory history, Ledger ledger, Findings findings)
    {
        foreach (var reading in history.Everybody)
        {
            foreach (var connection in reading.Connections)
            {
                CheckConnection(history.Channel, reading.Name, connection, findings);
            }

            if (reading.Promise == Promise.Everything)
            {
                CheckEverything(history, reading, ledger, findings);
            }
            else
            {
                reading.Connections.ForEach(x => CheckWithoutIds(history.Channel, reading, x, ledger, findings));
            }
        }
    }

    private static void CheckConnection(string channel, string name, Connection connection, Findings findings)
    {
        connection.Gaps.ForEach(x => findings.Add(Fault.Gap, $"{channel}: {name} at node {connection.Node} was told of a gap: {x}"));
        if (connection.Refused is { } refused)
        {
            findings.Add(Fault.Refused, $"{channel}: {name} at node {connection.Node}: {refused}");
        }

        var last = 0L;
        foreach (var delivery in connection.Deliveries.Where(x => x.TimeMs != 0))
        {
            if (delivery.TimeMs < last)
            {
                findings.Add(Fault.TimeWentBack, $"{channel}: {name}: {delivery.Id} is {last - delivery.TimeMs} ms older than the one before it");
            }

            last = delivery.TimeMs;
        }
    }

    // Over all connections: from the place where it began, each offset once, up to the end.
    private static void CheckEverything(ChannelHistory history, Reading reading, Ledger ledger, Findings findings)
    {
        long? at = null;
        foreach (var connection in reading.Connections)
        {
            if (connection.Begins is { } begins)
            {
                // Whoever asked to go on after an id must go on after that one.
                if (at is not null && connection.Asked is { } asked && begins != asked)
                {
                    findings.Add(begins.Offset > asked.Offset ? Fault.Hole : Fault.Doubled,
                        $"{history.Channel}: {reading.Name} asked node {connection.Node} for what is after {asked} and was told that it begins after {begins}");
                }

                at ??= begins.Offset;
            }

            foreach (var id in connection.Deliveries.Where(x => x.Id is not null && x.Id.Value.Epoch == ledger.Epoch).Select(x => x.Id!.Value))
            {
                if (at is null)
                {
                    findings.Add(Fault.Hole, $"{history.Channel}: {reading.Name} got {id} and was never told after what it begins");
                }
                else if (id.Offset > at + 1)
                {
                    findings.Add(Fault.Hole, $"{history.Channel}: {reading.Name} at node {connection.Node} got {id} after {at}");
                }
                else if (id.Offset == at)
                {
                    findings.Add(Fault.Doubled, $"{history.Channel}: {reading.Name} at node {connection.Node} got {id} twice");
                }
                else if (id.Offset < at)
                {
                    findings.Add(Fault.OutOfOrder, $"{history.Channel}: {reading.Name} at node {connection.Node} got {id} after {at}");
                }

                at = id.Offset;
            }
        }

        if (at is null || at < history.End)
        {
            findings.Add(Fault.Unfinished, $"{history.Channel}: {reading.Name} is at {at?.ToString() ?? "no place"} and never got {history.End}");
        }
    }

    // Without ids the content says which message of the log it is.
    private static void CheckWithoutIds(string channel, Reading reading, Connection connection, Ledger ledger, Findings findings)
    {
        var last = 0L;
        foreach (var content in connection.Deliveries.Select(x => x.Content).Where(x => !x.IsDamaged))
        {
            if (ledger.PlacesOf(content) is not [var offset, ..])
            {
                findings.Add(Fault.Phantom, $"{channel}: {reading.Name} at node {connection.Node} got {content}, which is not in the log");
                continue;
            }

            if (offset == last)
            {
                findings.Add(Fault.Doubled, $"{channel}: {reading.Name} at node {connection.Node} got {content} (offset {offset}) twice");
            }
            else if (offset < last)
            {
                findings.Add(Fault.OutOfOrder, $"{channel}: {reading.Name} at node {connection.Node} got {content} (offset {offset}) after offset {last}");
            }
            else if (last != 0 && offset > last + 1 && reading.Promise == Promise.EverythingWhileConnected)
            {
                findings.Add(Fault.Hole, $"{channel}: {reading.Name} at node {connection.Node} got {content} (offset {offset}) after offset {last}, in one connection");
            }

            last = offset;
        }
    }
}
