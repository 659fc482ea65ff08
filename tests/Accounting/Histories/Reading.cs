namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>All that one subscriber saw of one channel, connection after connection.</summary>
internal sealed class Reading
{
    public required string Name { get; init; }

    public required string Channel { get; init; }

    public required Promise Promise { get; init; }

    public List<Connection> Connections { get; init; } = [];

    public long Count => Connections.Sum(x => (long)x.Deliveries.Count);
}

/// <summary>What a transport promises to one who stays or comes back.</summary>
internal enum Promise
{
    /// <summary>Every message once, over all connections: it carries ids and resumes by the last one.</summary>
    Everything,

    /// <summary>Every message once within one connection; the next one begins anew.</summary>
    EverythingWhileConnected,

    /// <summary>The newest: it may skip, but neither repeat nor go back within one connection.</summary>
    Newest,
}

/// <summary>One connection of a subscriber to a node.</summary>
internal sealed class Connection
{
    public required int Node { get; init; }

    public required long Opened { get; init; }

    /// <summary>The id that the subscriber asked to resume after, if it had one.</summary>
    public Id? Asked { get; init; }

    /// <summary>The id after which the stream begins, as it says itself.</summary>
    public Id? Begins { get; set; }

    public List<Delivery> Deliveries { get; init; } = [];

    /// <summary>What the gateway itself said of a hole.</summary>
    public List<string> Gaps { get; init; } = [];

    /// <summary>Answers that a subscription must not get.</summary>
    public string? Refused { get; set; }

    /// <summary>Why it is over.</summary>
    public string Ended { get; set; } = "still open";
}

/// <param name="Id">The message's, where the transport carries it.</param>
/// <param name="Content">What came.</param>
/// <param name="At">When it came.</param>
/// <param name="TimeMs">When the gateway accepted it, where the transport says so, else 0.</param>
internal readonly record struct Delivery(Id? Id, Content Content, long At, long TimeMs = 0);
