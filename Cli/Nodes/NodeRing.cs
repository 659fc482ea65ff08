namespace OrleansGateway.Cli.Nodes;

/// <summary>The addresses of a gateway's nodes, and which of them is next.</summary>
internal sealed class NodeRing
{
    // Of a cluster that has more, these have to do.
    private const int Most = 64;

    private readonly List<Uri> _nodes;
    private readonly bool _onLoopback;
    private readonly string _scheme;

    /// <param name="nodes">At least one.</param>
    public NodeRing(IEnumerable<Uri> nodes)
    {
        _nodes = [.. nodes.Take(Most)];
        _onLoopback = _nodes.TrueForAll(x => x.IsLoopback);
        _scheme = _nodes[0].Scheme;
    }

    /// <summary>The node to talk to.</summary>
    public Uri Current => _nodes[0];

    public IReadOnlyList<Uri> All => _nodes;

    /// <summary>The node was no good: another one's turn.</summary>
    public void MoveOn()
    {
        _nodes.Add(_nodes[0]);
        _nodes.RemoveAt(0);
    }

    /// <summary>Adds what a node says of the others.</summary>
    public void Learn(IEnumerable<Uri> nodes)
    {
        foreach (var node in nodes)
        {
            // Loopback of another machine is none of ours, and what was to be encrypted goes nowhere in plain text.
            if (_nodes.Count < Most && node.IsLoopback == _onLoopback && node.Scheme == _scheme && !_nodes.Contains(node))
            {
                _nodes.Add(node);
            }
        }
    }
}
