using System.Collections.Concurrent;
using OrleansGateway.Channels;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>Subscribers that a node pretends to serve.</summary>
internal sealed class TestSubscribers : ISubscriberCounts
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int this[string channel]
    {
        set => _counts[channel] = value;
    }

    public IEnumerable<KeyValuePair<string, int>> All => _counts;

    public int CountOf(string channel) => _counts.GetValueOrDefault(channel);
}
