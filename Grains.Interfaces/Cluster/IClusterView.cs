namespace OrleansGateway.Cluster;

/// <summary>The cluster as this node sees it.</summary>
public interface IClusterView
{
    /// <summary>All nodes, those that died included, in the order of their names (<c>node-2</c> before <c>node-10</c>).</summary>
    IReadOnlyList<ClusterNode> Nodes { get; }
}
