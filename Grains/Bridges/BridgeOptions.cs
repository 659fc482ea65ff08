namespace OrleansGateway.Bridges;

/// <summary>A TCP source of lines that the cluster reads into a channel, by one connection for all nodes.</summary>
public sealed class BridgeOptions
{
    /// <summary>The configuration section: one subsection a bridge, by its name.</summary>
    public const string SectionName = "Gateway:Bridges";

    /// <summary>The name of the bridge that is there by default.</summary>
    public const string Numbers = "numbers";

    /// <summary>Where the lines come from, <c>HOST:PORT</c>.</summary>
    public string Source { get; set; } = string.Empty;

    /// <summary>The channel that they go to.</summary>
    public string Channel { get; set; } = string.Empty;

    /// <summary>Which lines are taken; others are skipped and counted. Default: any.</summary>
    public LineKind Lines { get; set; } = LineKind.Text;

    /// <summary>The longest line, in bytes without its end; default 4,096. Longer ones are skipped and counted.</summary>
    public int MaxLineBytes { get; set; } = 4096;

    /// <summary>A source that sends nothing for this long is connected to anew; default: never, the TCP keep-alive finds one that is gone.</summary>
    public TimeSpan? IdleTimeout { get; set; }
}

/// <summary>What a bridge takes.</summary>
public enum LineKind
{
    /// <summary>Any line.</summary>
    Text,

    /// <summary>Lines that are an integer, as they came.</summary>
    Integers,
}

/// <summary>All bridges of the cluster, by name. Every node has the same.</summary>
public sealed class BridgesOptions
{
    /// <summary>The bridges by name.</summary>
    public Dictionary<string, BridgeOptions> Bridges { get; } = new(StringComparer.Ordinal);
}
