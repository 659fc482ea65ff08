namespace OrleansGateway.Cli.Nodes;

/// <summary>A node did not do what it was asked for, but it, or another one, may later.</summary>
/// <param name="message">Why, in one line.</param>
/// <param name="reached">Whether it was there at all.</param>
internal sealed class NodeFailure(string message, bool reached) : Exception(message)
{
    /// <summary>Whether the node was there at all.</summary>
    public bool Reached => reached;
}
