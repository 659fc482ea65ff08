namespace OrleansGateway.Cli.Top;

/// <summary>What nodes counted while somebody looked, also those that died meanwhile or were started anew: so no sum of it goes down.</summary>
internal sealed class TopTotals
{
    private readonly Dictionary<Uri, NodeCounters> _last = [];
    private readonly List<NodeCounters> _before = [];

    /// <summary>The last counters of each process.</summary>
    public IEnumerable<NodeCounters> All => _before.Concat(_last.Values);

    /// <summary>Takes a reading.</summary>
    public void Take(ClusterReading reading)
    {
        foreach (var node in reading.Nodes)
        {
            if (node.Counters is not { } counters)
            {
                continue;
            }

            if (_last.TryGetValue(node.Address, out var last) && IsAnew(last, counters))
            {
                _before.Add(last);
            }

            _last[node.Address] = counters;
        }
    }

    private static bool IsAnew(NodeCounters last, NodeCounters now) =>
        now.Takeovers < last.Takeovers || now.Gaps < last.Gaps || now.Slow < last.Slow || now.Retries < last.Retries;
}
