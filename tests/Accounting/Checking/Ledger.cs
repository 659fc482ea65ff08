using OrleansGateway.Tests.Accounting.Histories;

namespace OrleansGateway.Tests.Accounting.Checking;

/// <summary>
/// The log of a channel as all who saw ids saw it together: which message has which offset. There must be one such log, in
/// one epoch, without holes.
/// </summary>
internal sealed class Ledger
{
    private readonly Dictionary<long, (Content Content, string By)> _at = [];
    private readonly Dictionary<Content, List<long>> _places = [];

    private Ledger(string? epoch) => Epoch = epoch;

    /// <summary>The first that anybody saw; null where nobody saw anything.</summary>
    public string? Epoch { get; }

    public long Last { get; private set; }

    public IEnumerable<Content> Contents => _places.Keys;

    public static Ledger Of(ChannelHistory history, Findings findings)
    {
        // Whoever reads the whole log when all is over tells what is true; others can differ from it.
        var connections = history.Whole.Concat(history.Readings).SelectMany(x => x.Connections.Select(y => (x.Name, Connection: y))).ToList();
        var ledger = new Ledger(connections.SelectMany(x => x.Connection.Deliveries).FirstOrDefault(x => x.Id is not null).Id?.Epoch);
        foreach (var (name, connection) in connections)
        {
            if (connection.Begins is { } begins && ledger.Epoch is not null && begins.Epoch != ledger.Epoch)
            {
                findings.Add(Fault.EpochChanged, $"{history.Channel}: {name} begins after {begins}, others are in {ledger.Epoch}");
            }

            foreach (var delivery in connection.Deliveries)
            {
                ledger.Enter(history.Channel, name, delivery, findings);
            }
        }

        for (var offset = 1L; offset <= Math.Max(history.End, ledger.Last); offset++)
        {
            if (!ledger._at.ContainsKey(offset))
            {
                findings.Add(Fault.Hole, $"{history.Channel}: nobody ever saw {ledger.Epoch}-{offset}");
            }
        }

        return ledger;
    }

    public Content? At(long offset) => _at.TryGetValue(offset, out var entry) ? entry.Content : null;

    /// <summary>The offsets of a message: one, unless it is lost or doubled.</summary>
    public IReadOnlyList<long> PlacesOf(Content content) => _places.TryGetValue(content, out var places) ? places : [];

    private void Enter(string channel, string name, Delivery delivery, Findings findings)
    {
        if (delivery.Content.IsDamaged)
        {
            findings.Add(Fault.Damaged, $"{channel}: {name} got {delivery.Content} as {delivery.Id}");
        }

        if (delivery.Id is not { } id)
        {
            return;
        }

        if (id.Epoch != Epoch)
        {
            findings.Add(Fault.EpochChanged, $"{channel}: {name} got {id}, others are in {Epoch}");
        }
        else if (!_at.TryGetValue(id.Offset, out var known))
        {
            _at[id.Offset] = (delivery.Content, name);
            Last = Math.Max(Last, id.Offset);
            (_places.TryGetValue(delivery.Content, out var places) ? places : _places[delivery.Content] = []).Add(id.Offset);
        }
        else if (known.Content != delivery.Content)
        {
            findings.Add(Fault.Diverged, $"{channel}: {id} is {delivery.Content} to {name} and {known.Content} to {known.By}");
        }
    }
}
