using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansGateway.Cluster;
using OrleansGateway.Membership;
using OrleansGateway.Storage;

namespace OrleansGateway.Hosting;

/// <summary>What a node is made of: a tree of services, with a silo that holds the gateway's grains, and the HTTP side on the same process.</summary>
internal static class NodeHost
{
    // Of the 15 s that a node has to stop, so that the silo has some left to leave the cluster.
    private static readonly TimeSpan ForClientsToGo = TimeSpan.FromSeconds(8);

    /// <summary>Adds the services of a node. They start in this order and stop in reverse: HTTP first, then what keeps the singletons, then the silo.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="part">The process.</param>
    /// <param name="own">What is of this node alone.</param>
    public static void AddGatewayNode(this WebApplicationBuilder builder, PartProcess part, GatewayNode own)
    {
        var node = builder.Configuration.Read<NodeOptions>();
        var address = IPAddress.Parse(node.Bind);
        var reached = ListenAddress.Reached(node.Bind);
        Directory.CreateDirectory(node.State);

        Logging(builder.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(x => x.Listen(address, node.PortOf(node.Http), static endpoint => endpoint.UseGatewayConnections()));
        builder.Services.Configure<HostOptions>(x => x.ShutdownTimeout = TimeSpan.FromSeconds(15));
        builder.Services.Configure<LocalNodeOptions>(x => x.Http = $"http://{new IPEndPoint(reached, node.PortOf(node.Http))}");
        builder.Services.AddSingleton<IFatalErrorHandler, RestartOnEviction>();
        part.Compose(builder.Services, tree =>
        {
            if (node.Storage == "local")
            {
                tree.Add("store", x => x.Services.AddLocalChannelLog(Path.Combine(node.State, "channels")));
            }

            tree.Add("cluster", cluster =>
            {
                builder.UseOrleans(silo => Silo(silo, node, address, reached));
                cluster.Add("handover", x => x.Services.AddHandover());
                cluster.Add("watch", x => x.Services.AddClusterWatch());
            });
            tree.Add("bridges", x => x.Services.AddBridges());
            tree.Add("announcer", x => x.Services.AddAnnouncer());
            own.AddTo(tree);

            // Its relays end while the channels that they follow are still there.
            tree.Add("hub", x => x.Services.AddGatewayFrontend());
            tree.Add("frontend", x =>
            {
                x.StopTimeout = ForClientsToGo;

                // The web server, which the builder registers when it builds.
                x.Claim(static y => y.ImplementationType?.Assembly == typeof(DefaultHttpContextFactory).Assembly);
            });
        });
    }

    private static void Silo(ISiloBuilder silo, NodeOptions node, IPAddress address, IPAddress reached)
    {
        silo.Configure<ClusterOptions>(x => (x.ClusterId, x.ServiceId) = ("gateway", "gateway"));
        silo.Configure<SiloOptions>(x => x.SiloName = node.Name);
        silo.Configure<EndpointOptions>(x =>
        {
            x.AdvertisedIPAddress = reached;
            x.SiloPort = node.PortOf(node.Silo);
            x.GatewayPort = node.PortOf(node.OrleansGateway);
            x.SiloListeningEndpoint = new IPEndPoint(address, x.SiloPort);
            x.GatewayListeningEndpoint = new IPEndPoint(address, x.GatewayPort);
        });

        // How fast a death is seen that the tripwire does not see: docs/decisions/0002-cluster.md.
        silo.Configure<ClusterMembershipOptions>(x =>
        {
            x.ProbeTimeout = TimeSpan.FromSeconds(1);

            // It is also how long, three times over, the last message from a node speaks for it: by default 12 s here.
            x.MaxProbeTimeout = TimeSpan.FromSeconds(1);
            x.NumMissedProbesLimit = 3;
            x.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            x.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
        });
        if (node.Membership == "development")
        {
            silo.UseDevelopmentClustering(new IPEndPoint(reached, node.Silo));
            silo.Services.AddHostedService<DevelopmentNotice>();
        }
        else
        {
            silo.Services.Configure<SqliteMembershipOptions>(x => x.File = Path.Combine(node.State, "membership.db"));
            silo.Services.AddSingleton<IMembershipTable, SqliteMembershipTable>();
        }

        silo.AddGatewayChannels();
    }

    private static void Logging(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(x =>
        {
            x.SingleLine = true;
            x.UseUtcTimestamp = true;
            x.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            x.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
    }
}
