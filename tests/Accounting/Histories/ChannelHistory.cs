namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>All that happened on one channel, as its clients saw it.</summary>
internal sealed class ChannelHistory
{
    public required string Channel { get; init; }

    /// <summary>The offset of the message that was published when all others were answered: up to it everybody must have everything.</summary>
    public required long End { get; set; }

    public required List<Publication> Publications { get; init; }

    public required List<Reading> Readings { get; init; }

    /// <summary>Those who read the whole channel when all was over, one a node.</summary>
    public required List<Reading> Whole { get; init; }

    public IEnumerable<Reading> Everybody => Readings.Concat(Whole);

    /// <summary>A copy that can be falsified; messages and answers are immutable and shared.</summary>
    public ChannelHistory Copy() => new()
    {
        Channel = Channel,
        End = End,
        Publications = Publications.ConvertAll(x => new Publication
        {
            Publisher = x.Publisher, Channel = x.Channel, Key = x.Key, Contents = x.Contents, Attempts = [.. x.Attempts],
        }),
        Readings = Readings.ConvertAll(Copy),
        Whole = Whole.ConvertAll(Copy),
    };

    private static Reading Copy(Reading reading) => new()
    {
        Name = reading.Name,
        Channel = reading.Channel,
        Promise = reading.Promise,
        Connections = reading.Connections.ConvertAll(x => new Connection
        {
            Node = x.Node, Opened = x.Opened, Asked = x.Asked, Begins = x.Begins, Deliveries = [.. x.Deliveries], Gaps = [.. x.Gaps], Refused = x.Refused, Ended = x.Ended,
        }),
    };
}
