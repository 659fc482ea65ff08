using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Logs;
using OrleansGateway.Membership;
using OrleansGateway.Storage;
using OrleansGateway.Streams;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>Three nodes in this process, which speak TCP as real ones do, with a number server, and a client outside of the cluster.</summary>
public class GatewayCluster : IAsyncLifetime
{
    private const string MembershipFile = "Tests:MembershipFile";
    private const string NumbersPort = "Tests:NumbersPort";
    private const string LogDirectory = "Tests:LogDirectory";
    private const short NodeCount = 3;

    private readonly string _directory = Directory.CreateTempSubdirectory("cluster-").FullName;
    private readonly List<Node> _nodes = [];
    private TestCluster _cluster = null!;

    /// <summary>The client outside of the cluster.</summary>
    internal IClusterClient Client => _cluster.Client;

    /// <summary>The nodes that live, by name.</summary>
    internal IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Has all nodes make their calls as the function says, from now on.</summary>
    internal void MakeCalls(Func<IOutgoingGrainCallContext, Task> how)
    {
        foreach (var node in _nodes)
        {
            node.Calls.Make(how);
        }
    }

    internal void MakeCallsAsTheyCome() => MakeCalls(static x => x.Invoke());

    internal NumberSource Numbers { get; } = new();

    internal Node Node(SiloAddress address) => _nodes.Single(x => x.Address.Equals(address));

    /// <summary>Whether the channels' messages are in files that the nodes share.</summary>
    protected virtual bool IsLogged => false;

    public async Task InitializeAsync()
    {
        var builder = new TestClusterBuilder(NodeCount) { PortAllocator = new Ports() };
        builder.Options.UseTestClusterMembership = false;
        builder.Options.ConnectionTransport = ConnectionTransportType.TcpSocket;
        builder.Options.ConfigureFileLogging = false;
        builder.Options.SiloBuilderConfiguratorTypes.Clear();
        builder.AddSiloBuilderConfigurator<SiloConfigurator>();
        builder.AddClientBuilderConfigurator<ClientConfigurator>();
        builder.Properties[MembershipFile] = Path.Combine(_directory, "membership.db");
        builder.Properties[NumbersPort] = Numbers.Port.ToString();
        if (IsLogged)
        {
            builder.Properties[LogDirectory] = Path.Combine(_directory, "channels");
        }

        _cluster = builder.Build();
        await _cluster.DeployAsync();
        _nodes.AddRange(_cluster.Silos.Cast<InProcessSiloHandle>().Select(x => new Node(x)).OrderBy(x => x.Name, NodeNameComparer.Instance));
    }

    public async Task DisposeAsync()
    {
        await _cluster.KillClientAsync();
        foreach (var node in _nodes.ToArray())
        {
            await Kill(node);
        }

        await _cluster.DisposeAsync();
        await Numbers.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Stops a node without letting it hand anything over.</summary>
    internal Task Kill(Node node)
    {
        _nodes.Remove(node);
        return _cluster.KillSiloAsync(node.Silo);
    }

    /// <summary>Stops a node as a service manager does.</summary>
    internal Task Stop(Node node)
    {
        _nodes.Remove(node);
        return _cluster.StopSiloAsync(node.Silo);
    }

    /// <summary>The node that holds a grain, or null where none does. The nodes say so themselves: a directory's cache may be old.</summary>
    internal async Task<Node?> HolderOf(IAddressable grain)
    {
        var activations = await Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return activations.FirstOrDefault(x => x.GrainId.Equals(grain.GetGrainId())) is { } found ? _nodes.Find(x => x.Address.Equals(found.SiloAddress)) : null;
    }

    /// <summary>A channel of its own for a test, held by a certain node.</summary>
    internal async Task<TestChannel> NewChannel(Node? holder = null)
    {
        holder ??= _nodes[0];
        var channel = new TestChannel(this, $"test/{Guid.NewGuid():N}");
        await channel.From(holder).GetPosition();
        Assert.Same(holder, await channel.Holder());
        return channel;
    }

    private sealed class SiloConfigurator : IHostConfigurator
    {
        public void Configure(IHostBuilder hostBuilder) => hostBuilder.UseOrleans((context, silo) =>
        {
            var configuration = context.Configuration;
            var number = int.Parse(configuration["Orleans:Name"]!.Split('_')[1]) + 1;
            var services = silo.Services;
            services.PostConfigure<SiloOptions>(x => x.SiloName = $"node-{number}");
            services.Configure<LocalNodeOptions>(x => x.Http = $"http://127.0.0.1:{8000 + number}");
            services.Configure<SqliteMembershipOptions>(x => x.File = configuration[MembershipFile]!);
            services.AddSingleton<IMembershipTable, SqliteMembershipTable>();
            services.Configure<ClusterMembershipOptions>(x =>
            {
                // Slow enough that on a busy machine nobody is suspected for nothing, and quick enough for a killed silo whose port still answers.
                x.ProbeTimeout = x.MaxProbeTimeout = TimeSpan.FromSeconds(2);
                x.TableRefreshTimeout = TimeSpan.FromSeconds(1);
                x.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
            });
            services.Configure<BridgesOptions>(x => x.Bridges[BridgeOptions.Numbers] = new BridgeOptions
            {
                Source = $"127.0.0.1:{configuration[NumbersPort]}",
                Channel = ChannelName.Numbers,
                Lines = LineKind.Integers,
            });
            services.AddSingleton<BridgeSettings>();
            services.AddSingleton<IConfigureOptions<BridgesOptions>>(sp => sp.GetRequiredService<BridgeSettings>());
            services.AddSingleton<IOptionsChangeTokenSource<BridgesOptions>>(sp => sp.GetRequiredService<BridgeSettings>());
            if (configuration[LogDirectory] is { } directory)
            {
                services.AddLocalChannelLog(directory);
                services.AddSingleton<HeldLog>();
                services.AddSingleton<IChannelLog>(sp => sp.GetRequiredService<HeldLog>());
            }

            silo.AddGatewayGrains();

            services.AddSingleton<LeaseClock>();
            services.AddSingleton(sp => new StreamHost(sp.GetRequiredService<LeaseClock>()));
            services.AddSingleton<DeliveryFaults>();
            services.AddSingleton<TestSubscribers>();
            services.AddSingleton<ISubscriberCounts>(sp => sp.GetRequiredService<TestSubscribers>());
            services.AddSingleton<IOutgoingGrainCallFilter>(sp => sp.GetRequiredService<DeliveryFaults>());
            services.AddSingleton<GrainCalls>();
            services.AddSingleton<IOutgoingGrainCallFilter>(sp => sp.GetRequiredService<GrainCalls>());
        });
    }

    private sealed class ClientConfigurator : IClientBuilderConfigurator
    {
        public void Configure(IConfiguration configuration, IClientBuilder clientBuilder)
        {
            var first = int.Parse(configuration[nameof(TestClusterOptions.BaseGatewayPort)]!);
            clientBuilder.UseStaticClustering([.. Enumerable.Range(first, NodeCount).Select(x => new IPEndPoint(IPAddress.Loopback, x))]);
            clientBuilder.AddChannelStreams();
        }
    }
}

/// <summary>The same with the log in files.</summary>
public class LoggedCluster : GatewayCluster
{
    protected override bool IsLogged => true;
}
