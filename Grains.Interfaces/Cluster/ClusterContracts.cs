using Orleans.Concurrency;

namespace OrleansGateway.Cluster;

/// <summary>The cluster as one of its nodes sees it. Any key leads to a node.</summary>
[Alias("OrleansGateway.IClusterGrain")]
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>All nodes, in the order of their names (<c>node-2</c> before <c>node-10</c>).</summary>
    [Alias("GetNodes"), AlwaysInterleave]
    Task<IReadOnlyList<ClusterNode>> GetNodes();
}

/// <summary>A node.</summary>
/// <param name="Name">Its name, such as <c>node-1</c>.</param>
/// <param name="Address">The endpoint of its silo, <c>host:port</c>.</param>
/// <param name="Http">Its HTTP address, or null where it never said so.</param>
/// <param name="Status">What the membership says of it.</param>
/// <param name="Since">Since when it runs, or null where it is not known.</param>
/// <param name="Bridge">Whether it owns the bridge of the channel <c>numbers</c>.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.ClusterNode")]
public sealed record ClusterNode(
    [property: Id(0)] string Name,
    [property: Id(1)] string Address,
    [property: Id(2)] string? Http,
    [property: Id(3)] NodeStatus Status,
    [property: Id(4)] DateTimeOffset? Since,
    [property: Id(5)] bool Bridge);

/// <summary>The life of a node.</summary>
public enum NodeStatus
{
    /// <summary>It is starting.</summary>
    Joining,

    /// <summary>It works.</summary>
    Active,

    /// <summary>It was told to stop and hands its work over.</summary>
    ShuttingDown,

    /// <summary>It is gone.</summary>
    Dead,
}

/// <summary>Orders nodes by name, with numbers inside names by their value.</summary>
public sealed class NodeNameComparer : IComparer<string>
{
    /// <summary>The one instance.</summary>
    public static NodeNameComparer Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        while (!a.IsEmpty && !b.IsEmpty)
        {
            int order;
            if (char.IsAsciiDigit(a[0]) && char.IsAsciiDigit(b[0]))
            {
                var left = Digits(ref a);
                var right = Digits(ref b);
                order = left.Length != right.Length ? left.Length - right.Length : left.SequenceCompareTo(right);
            }
            else
            {
                order = a[0] - b[0];
                a = a[1..];
                b = b[1..];
            }

            if (order != 0)
            {
                return order;
            }
        }

        return a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(x, y);
    }

    private static ReadOnlySpan<char> Digits(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        var digits = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[end..];
        return digits.TrimStart('0');
    }
}
