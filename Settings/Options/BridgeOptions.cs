using OrleansGateway.Settings;

namespace OrleansGateway.Bridges;

/// <summary>A TCP source of lines that the cluster reads into a channel, by one connection for all nodes.</summary>
[Section(SectionName, "Bridges", Name = "NAME")]
public sealed record BridgeOptions
{
    /// <summary>The configuration section: one subsection a bridge, by its name.</summary>
    public const string SectionName = "Gateway:Bridges";

    /// <summary>The name of the bridge that is there by default.</summary>
    public const string Numbers = "numbers";

    [HostPort("where the lines come from", Required = true, Reloads = true)]
    public string Source { get; set; } = string.Empty;

    [Channel("channel that they go to", DefaultInWords = "the name of the bridge", Reloads = true)]
    public string Channel { get; set; } = string.Empty;

    [Choice("which lines are taken; others are skipped and counted", typeof(LineKind), Reloads = true)]
    public LineKind Lines { get; set; } = LineKind.Text;

    [Size("longest line, without its end; longer ones are skipped and counted", "1 B", "1 MiB", Reloads = true)]
    public int MaxLineBytes { get; set; } = 4096;

    [Duration("a source that sends nothing for this long is connected to anew; one that is gone is found by the TCP keep-alive, too", "1s", "24h", OrNever = true, Reloads = true)]
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
    /// <summary>The bridges by name, in any case, as the keys of settings are.</summary>
    public Dictionary<string, BridgeOptions> Bridges { get; } = new(StringComparer.OrdinalIgnoreCase);
}
