using OrleansGateway.Settings;

namespace OrleansGateway;

/// <summary>What makes a node: its number, its ports, its place.</summary>
[Section(SectionName, "Nodes")]
public sealed class NodeOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "Gateway";

    /// <summary>The highest number of a node.</summary>
    public const int MaxNodes = 1000;

    [Count("number of this node", 1, MaxNodes, Flag = "--node", ValueName = "K", AcceptedBy = Parts.Node)]
    public int Node { get; set; } = 1;

    [Count("how many nodes", 1, MaxNodes, Flag = "--nodes", ValueName = "N", AcceptedBy = Parts.Cluster, UsedBy = Parts.Cluster)]
    public int Nodes { get; set; } = 3;

    [Directory("directory of the pid files, the logs and what the nodes share", Flag = "--state", ValueName = "DIR", UsedBy = Parts.All)]
    public string State { get; set; } = ".gateway";

    [Address("IP address to listen on", Flag = "--bind", ValueName = "ADDRESS", UsedBy = Parts.Node | Parts.Cluster)]
    public string Bind { get; set; } = "127.0.0.1";

    [Port("HTTP port of node 1; node K listens on PORT+K-1", Flag = "--http", ValueName = "PORT", UsedBy = Parts.Node | Parts.Cluster)]
    public int Http { get; set; } = 8088;

    [Port("port of node 1 for other nodes; K as above", Flag = "--silo", ValueName = "PORT", UsedBy = Parts.Node | Parts.Cluster)]
    public int Silo { get; set; } = 11111;

    [Port("port of node 1 for Orleans clients; K as above", Flag = "--orleans-gateway", ValueName = "PORT", UsedBy = Parts.Node | Parts.Cluster)]
    public int OrleansGateway { get; set; } = 30000;

    [HostPort("where the number server listens", Flag = "--numbers", ValueName = "HOST:PORT", UsedBy = Parts.All)]
    public string Numbers { get; set; } = "127.0.0.1:7776";

    [Switch("start no number server, use the one that is there", Flag = "--no-numbers", UsedBy = Parts.Cluster)]
    public bool NoNumbers { get; set; }

    [Choice(
        "how nodes find each other: local (a file, any node may die) or development (in the memory of node 1)", "local", "development",
        ToCome = "redis postgres", Flag = "--membership", ValueName = "KIND", UsedBy = Parts.Node | Parts.Cluster)]
    public string Membership { get; set; } = "local";

    [Choice(
        "where messages are kept: local (files, any node may die) or memory (a channel's messages die with its node)", "local", "memory",
        ToCome = "redis postgres", Flag = "--storage", ValueName = "KIND", UsedBy = Parts.Node | Parts.Cluster)]
    public string Storage { get; set; } = "local";

    [Umask("permissions that new files do not get: by default others can read neither messages nor logs", Flag = "--umask", ValueName = "OCTAL", UsedBy = Parts.All)]
    public string Umask { get; set; } = "027";

    [Account(
        "user that the parts run as, when root starts them in the background",
        Flag = "--user", ValueName = "USER", AcceptedBy = Parts.Cluster, UsedBy = Parts.Cluster)]
    public string User { get; set; } = string.Empty;

    [Account(
        "group that the parts run with, when root starts them in the background; by default that of --user",
        Flag = "--group", ValueName = "GROUP", AcceptedBy = Parts.Cluster, UsedBy = Parts.Cluster)]
    public string Group { get; set; } = string.Empty;

    /// <summary>The name of this node.</summary>
    public string Name => $"node-{Node}";

    /// <summary>Its own port of a kind.</summary>
    public int PortOf(int first) => first + Node - 1;
}
