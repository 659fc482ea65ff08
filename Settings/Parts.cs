namespace OrleansGateway.Settings;

/// <summary>The programs that a setting is for.</summary>
[Flags]
public enum Parts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A node of the cluster.</summary>
    Node = 1,

    /// <summary>The number server.</summary>
    Numbers = 2,

    /// <summary>The command <c>gateway</c>, which starts the others.</summary>
    Cluster = 4,

    /// <summary>All of them.</summary>
    All = Node | Numbers | Cluster,
}
