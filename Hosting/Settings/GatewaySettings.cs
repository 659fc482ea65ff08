using System.Globalization;
using System.Net;
using OrleansGateway.Numbers;

namespace OrleansGateway.Hosting;

/// <summary>The table of settings that have a flag. Every flag, default and sentence about a setting comes from here.</summary>
public static class GatewaySettings
{
    /// <summary>Ports from here on are given by the system to whoever connects somewhere: a server may find its own taken.</summary>
    public const int FirstEphemeralPort = 32768;

    /// <summary>The highest number of a node.</summary>
    public const int MaxNodes = 1000;

    private const string PortAllowed = "a port, 1 to 65535";

    /// <summary>Where the process files, the logs and what the nodes share are.</summary>
    public static Setting State { get; } = new(
        "--state", "Gateway:State", ".gateway", "DIR", "a directory", IsDirectory, "directory of the pid files, the logs and what the nodes share");

    /// <summary>The address to listen on.</summary>
    public static Setting Bind { get; } = new(
        "--bind", "Gateway:Bind", "127.0.0.1", "ADDRESS", "an IP address of this machine, or 0.0.0.0 for all of them",
        static x => IPAddress.TryParse(x, out _), "IP address to listen on")
    { UsedBy = Parts.Node | Parts.Cluster };

    /// <summary>The HTTP port of node 1.</summary>
    public static Setting Http { get; } = new("--http", "Gateway:Http", "8088", "PORT", PortAllowed, IsPort, "HTTP port of node 1; node K listens on PORT+K-1")
    {
        UsedBy = Parts.Node | Parts.Cluster,
    };

    /// <summary>The port of node 1 for other nodes.</summary>
    public static Setting Silo { get; } = new("--silo", "Gateway:Silo", "11111", "PORT", PortAllowed, IsPort, "port of node 1 for other nodes; K as above")
    {
        UsedBy = Parts.Node | Parts.Cluster,
    };

    /// <summary>The port of node 1 for Orleans clients.</summary>
    public static Setting OrleansGateway { get; } = new(
        "--orleans-gateway", "Gateway:OrleansGateway", "30000", "PORT", PortAllowed, IsPort, "port of node 1 for Orleans clients; K as above")
    { UsedBy = Parts.Node | Parts.Cluster };

    /// <summary>Where the number server is.</summary>
    public static Setting Numbers { get; } = new(
        "--numbers", "Gateway:Numbers", HostPort.Default.ToString(), "HOST:PORT", "HOST:PORT, such as 127.0.0.1:7776",
        static x => HostPort.TryParse(x, out _), "where the number server listens");

    /// <summary>Whether the number server is somebody else's.</summary>
    public static Setting NoNumbers { get; } = new(
        "--no-numbers", "Gateway:NoNumbers", "false", string.Empty, "true or false", static x => bool.TryParse(x, out _),
        "start no number server, use the one that is there")
    { UsedBy = Parts.Cluster };

    /// <summary>How the nodes find each other.</summary>
    public static Setting Membership { get; } = new(
        "--membership", "Gateway:Membership", "local", "KIND", "local or development", static x => x is "local" or "development",
        "how nodes find each other: local (a file, any node may die) or development (in the memory of node 1)")
    { UsedBy = Parts.Node | Parts.Cluster, NotYet = ["redis", "postgres"] };

    /// <summary>Where the logs of the channels are.</summary>
    public static Setting Storage { get; } = new(
        "--storage", "Gateway:Storage", "local", "KIND", "local or memory", static x => x is "local" or "memory",
        "where messages are kept: local (files, any node may die) or memory (a channel's messages die with its node)")
    { UsedBy = Parts.Node | Parts.Cluster, NotYet = ["redis", "postgres"] };

    /// <summary>The number of a node.</summary>
    public static Setting Node { get; } = new(
        "--node", "Gateway:Node", "1", "K", "a number, 1 to 1000", static x => IsCount(x, MaxNodes), "number of this node")
    { AcceptedBy = Parts.Node, UsedBy = Parts.Node };

    /// <summary>How many nodes there are.</summary>
    public static Setting Nodes { get; } = new(
        "--nodes", "Gateway:Nodes", "3", "N", "a number, 1 to 1000", static x => IsCount(x, MaxNodes), "how many nodes")
    { AcceptedBy = Parts.Cluster, UsedBy = Parts.Cluster };

    /// <summary>The rate of the number server.</summary>
    public static Setting Rate { get; } = new(
        "--rate", "NumberServer:RatePerMinute", "60", "PERMINUTE", "a number above 0, up to 600000 (lines a minute)", IsRate,
        "lines a minute that the number server sends to each connection")
    { AcceptedBy = Parts.Numbers | Parts.Cluster, UsedBy = Parts.Numbers, Reloads = true };

    /// <summary>All of them, in the order in which a person reads them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
        [Node, Nodes, State, Bind, Http, Silo, OrleansGateway, Numbers, NoNumbers, Rate, Membership, Storage];

    /// <summary>Those whose flag a part knows.</summary>
    public static IEnumerable<Setting> Of(Parts part) => All.Where(x => (x.AcceptedBy & part) != 0);

    private static bool IsPort(string text) => IsCount(text, IPEndPoint.MaxPort);

    private static bool IsCount(string text, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max;

    private static bool IsRate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 600_000;

    private static bool IsDirectory(string text) => text.Trim().Length > 0 && !text.Contains('\0') && !File.Exists(text);
}
