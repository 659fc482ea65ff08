using Microsoft.Extensions.Options;

namespace OrleansGateway.Cluster;

/// <summary>What a node tells the others of itself.</summary>
public sealed class LocalNodeOptions
{
    /// <summary>The address under which its HTTP port is reached, such as <c>http://127.0.0.1:8088</c>; null where it serves none.</summary>
    public string? Http { get; set; }
}

/// <summary>This node.</summary>
internal sealed class LocalNode(ILocalSiloDetails silo, IOptions<LocalNodeOptions> options, TimeProvider time)
{
    public NodeDescription Description { get; } = new(silo.Name, options.Value.Http, time.GetUtcNow());

    public SiloAddress Address => silo.SiloAddress;
}
