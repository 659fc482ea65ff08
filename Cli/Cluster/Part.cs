using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Hosting;
using OrleansGateway.Numbers;

namespace OrleansGateway.Cli.Cluster;

/// <summary>One process of a gateway, and the settings that it has or is to have.</summary>
/// <param name="name">Its name.</param>
/// <param name="settings">Its settings by their keys: those that were said, and those that can't change while it runs.</param>
/// <param name="said">Those that its command line is to say; the others it finds where they are.</param>
internal sealed class Part(string name, IReadOnlyDictionary<string, string?> settings, IReadOnlyDictionary<string, string?> said)
{
    private readonly IConfiguration _configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();

    public string Name => name;

    public IReadOnlyDictionary<string, string?> Settings => settings;

    public IReadOnlyDictionary<string, string?> Said => said;

    /// <summary>The number of the node, or null for the number server.</summary>
    public int? Node { get; } = PartName.NodeNumber(name);

    public Parts Kind => Node is null ? Parts.Numbers : Parts.Node;

    /// <summary>The endpoint of a node's HTTP port, as it is reached from this machine.</summary>
    public IPEndPoint Http => new(Reached, Port(GatewaySettings.Http));

    /// <summary>The address of a node for the others.</summary>
    public IPEndPoint Silo => new(Reached, Port(GatewaySettings.Silo));

    /// <summary>The address of the number server.</summary>
    public HostPort Numbers => HostPort.TryParse(GatewaySettings.Numbers.In(_configuration), out var numbers) ? numbers : HostPort.Default;

    /// <summary>Where a person finds it.</summary>
    public string Address => Node is null ? Numbers.ToString() : $"http://{Http}";

    /// <summary>Whether the others can't go on without it.</summary>
    public bool IsPrimary => Node == 1 && GatewaySettings.Membership.In(_configuration) == "development";

    /// <summary>The ports that it listens on.</summary>
    public IReadOnlyCollection<int> Ports =>
        Node is null ? [Numbers.Port] : [Port(GatewaySettings.Http), Port(GatewaySettings.Silo), Port(GatewaySettings.OrleansGateway)];

    /// <summary>Says in one line why a port of it can't be had; null when all can.</summary>
    /// <param name="own">Ports that will be free: those of the process whose place it takes.</param>
    public string? RefusePorts(IReadOnlyCollection<int>? own = null) =>
        Node is { } node ? ListeningPorts.RefuseNode(_configuration, node, own) : ListeningPorts.RefuseNumbers(_configuration, own);

    /// <summary>The same with another value of a setting.</summary>
    public Part With(string key, string value) => new(name, new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase) { [key] = value }, said);

    public string LogFile(string state) => LogFile(state, name);

    public static string LogFile(string state, string name) => Path.Combine(state, $"{name}.log");

    /// <summary>What is said to its program.</summary>
    public IReadOnlyDictionary<string, string?> Flags(string state) => new Dictionary<string, string?>(said, StringComparer.OrdinalIgnoreCase)
    {
        [GatewaySettings.State.Key] = state,
        [GatewaySettings.Node.Key] = Node?.ToString(CultureInfo.InvariantCulture),
    };

    private IPAddress Reached => ListenAddress.Reached(GatewaySettings.Bind.In(_configuration));

    private int Port(Setting first) => int.Parse(first.In(_configuration), CultureInfo.InvariantCulture) + (Node ?? 1) - 1;
}
