using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace OrleansGateway;

/// <summary>What makes a node: its number, its ports, its place. The section is <c>Gateway</c>.</summary>
public sealed class NodeOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "Gateway";

    /// <summary>The node's number, from 1; it is named <c>node-K</c> and listens on each port plus K-1.</summary>
    [Range(1, 1000)]
    public int Node { get; set; } = 1;

    /// <summary>The directory of what the nodes of this machine share, and of their logs; default <c>.gateway</c>.</summary>
    public string State { get; set; } = ".gateway";

    /// <summary>The IP address to listen on; default 127.0.0.1.</summary>
    public string Bind { get; set; } = "127.0.0.1";

    /// <summary>The HTTP port of node 1; default 8088.</summary>
    [Range(1, 65535)]
    public int Http { get; set; } = 8088;

    /// <summary>The port of node 1 for other silos; default 11111. From 32768 on it can collide with ports that the system gives to clients.</summary>
    [Range(1, 65535)]
    public int Silo { get; set; } = 11111;

    /// <summary>The port of node 1 for Orleans clients; default 30000.</summary>
    [Range(1, 65535)]
    public int OrleansGateway { get; set; } = 30000;

    /// <summary>The number server, <c>HOST:PORT</c>; default 127.0.0.1:7776.</summary>
    public string Numbers { get; set; } = "127.0.0.1:7776";

    /// <summary>How nodes find each other: <c>local</c> (default) or <c>development</c>.</summary>
    public string Membership { get; set; } = "local";

    /// <summary>Where the channels' messages are kept: <c>local</c> (default) or <c>memory</c>.</summary>
    public string Storage { get; set; } = "local";

    /// <summary>Reads them.</summary>
    public static NodeOptions From(IConfiguration configuration) => configuration.GetSection(SectionName).Get<NodeOptions>() ?? new NodeOptions();

    /// <summary>The name of this node.</summary>
    public string Name => $"node-{Node}";

    /// <summary>Its own port of a kind.</summary>
    public int PortOf(int first) => first + Node - 1;
}
