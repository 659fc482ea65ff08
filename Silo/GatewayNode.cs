using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Hosting;
using OrleansGateway.Numbers;

namespace OrleansGateway;

/// <summary>
/// A node of the gateway, with services and bridges of one's own beside those that every node has. A whole <c>Program.cs</c>:
/// <code>
/// return await GatewayNode.RunAsync(args, node => node
///     .Bridge("news", new BridgeOptions { Source = "127.0.0.1:9000", Channel = "news" })
///     .Service&lt;Greeter&gt;("greeter"));
/// </code>
/// It takes the flags and settings of <c>gateway node</c>, forms a cluster with other nodes, and the command <c>gateway</c> knows it by its <c>--state</c>.
/// </summary>
public sealed class GatewayNode
{
    private readonly Dictionary<string, BridgeOptions> _bridges = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Action<ServiceBuilder>> _services = [];

    private GatewayNode(IServiceCollection services) => Services = services;

    /// <summary>The registrations of the process, for what the services need. <see cref="IClusterClient"/> and <see cref="IGrainFactory"/> lead to channels.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Runs the node until SIGTERM or Ctrl-C.</summary>
    /// <param name="args">The command line: the flags of <c>gateway node</c>.</param>
    /// <param name="compose">Adds what is of this node alone.</param>
    /// <returns>
    /// The exit code: 0 when it was stopped; 2 when a flag or a setting is bad and nothing was started; 1 when it could not start or go on. One line on
    /// standard error says why, and which service it was.
    /// </returns>
    public static Task<int> RunAsync(string[] args, Action<GatewayNode>? compose = null) => PartProcess.RunAsync(Parts.Node, args, async part =>
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var node = new GatewayNode(builder.Services);
        compose?.Invoke(node);

        // Before the settings, which may replace them.
        builder.Services.Configure<BridgesOptions>(node.AddTo);
        part.AddTo(builder);
        builder.AddGatewayNode(part, node);
        await using var app = builder.Build();
        app.UseGatewayFrontend();
        await part.RunAsync(app);
    });

    /// <summary>
    /// Bridges a source of lines into a channel, by one connection of the whole cluster: all of its nodes need the same bridge. Where the
    /// configuration speaks of it, also while the node runs, it names the source, too (<c>Gateway:Bridges:NAME:Source</c>), and whatever else is to be other.
    /// </summary>
    /// <param name="name">The bridge's name.</param>
    /// <param name="bridge">Where the lines come from, and where they go.</param>
    /// <exception cref="ArgumentException">There is one of that name, as <c>numbers</c> always is, or it has no source or no channel.</exception>
    public GatewayNode Bridge(string name, BridgeOptions bridge)
    {
        ArgumentNullException.ThrowIfNull(bridge);
        if (!HostPort.TryParse(bridge.Source, out _) || ChannelName.Violation(bridge.Channel) is not null)
        {
            throw new ArgumentException($"The bridge '{name}' from '{bridge.Source}' to '{bridge.Channel}' needs a source, HOST:PORT, and the name of a channel.", nameof(bridge));
        }

        if (name.Equals(BridgeOptions.Numbers, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"The bridge '{name}' is there already; the setting {GatewaySettings.Numbers.Key} says where it reads.", nameof(name));
        }

        _bridges.Add(name, bridge);
        return this;
    }

    /// <summary>Adds a service that starts when the node is in the cluster, before it serves clients, and stops when it serves them no longer.</summary>
    /// <typeparam name="T">The service; its constructor takes what is registered.</typeparam>
    /// <param name="name">Its name in the tree, such as <c>gateway status --tree</c> shows it.</param>
    public GatewayNode Service<T>(string name)
        where T : class, IHostedService => Service(name, x => x.Services.AddHostedService<T>());

    /// <summary>Adds a service made of services, likewise.</summary>
    /// <param name="name">Its name in the tree.</param>
    /// <param name="compose">Says what it is made of, and how long it may take to start and to stop.</param>
    public GatewayNode Service(string name, Action<ServiceBuilder> compose)
    {
        _services.Add(x => x.Add(name, compose));
        return this;
    }

    internal void AddTo(ServiceBuilder tree) => _services.ForEach(x => x(tree));

    private void AddTo(BridgesOptions options)
    {
        foreach (var (name, bridge) in _bridges)
        {
            options.Bridges[name] = bridge with { };
        }
    }
}
