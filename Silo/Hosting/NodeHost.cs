using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansGateway.Bridges;
using OrleansGateway.Channels;
using OrleansGateway.Cluster;
using OrleansGateway.Membership;
using OrleansGateway.Storage;

namespace OrleansGateway.Hosting;

/// <summary>What a node is made of: a silo with the gateway's grains, and the HTTP side on the same process.</summary>
internal static class NodeHost
{
    public static WebApplicationBuilder AddGatewayNode(this WebApplicationBuilder builder)
    {
        var node = NodeOptions.From(builder.Configuration);
        var address = IPAddress.Parse(node.Bind);
        var reached = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        Directory.CreateDirectory(node.State);

        Logging(builder.Logging, builder.Configuration);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(x => x.Listen(address, node.PortOf(node.Http), static endpoint => endpoint.UseGatewayConnections()));
        builder.Services.Configure<HostOptions>(x => x.ShutdownTimeout = TimeSpan.FromSeconds(15));
        builder.Services.AddGatewayFrontend();
        builder.Services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.SectionName);
        builder.Services.Configure<LocalNodeOptions>(x => x.Http = $"http://{new IPEndPoint(reached, node.PortOf(node.Http))}");
        builder.Services.AddOptions<BridgesOptions>().Configure<IConfiguration>(Bridges);
        builder.Services.AddSingleton<IFatalErrorHandler, RestartOnEviction>();

        if (node.Storage == "local")
        {
            builder.Services.AddLocalChannelLog(Path.Combine(node.State, "channels"));
        }

        builder.UseOrleans(silo =>
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

            silo.AddGatewayGrains();
        });
        return builder;

        static void Logging(ILoggingBuilder logging, IConfiguration configuration)
        {
            // What a person who runs nodes wants to read; all can be changed by the section Logging.
            logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Orleans", LogLevel.Warning).AddFilter("Polly", LogLevel.Critical);
            logging.AddFilter("OrleansGateway", LogLevel.Information);

            // It warns at each start of the garbage collector that was chosen on purpose, and of a watchdog that did not start yet.
            logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error).AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
            logging.AddConfiguration(configuration.GetSection("Logging"));
            logging.AddSimpleConsole(x =>
            {
                x.SingleLine = true;
                x.UseUtcTimestamp = true;
                x.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
                x.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
            });
        }

        void Bridges(BridgesOptions options, IConfiguration configuration)
        {
            options.Bridges[BridgeOptions.Numbers] = new BridgeOptions
            {
                Source = configuration[$"{NodeOptions.SectionName}:{nameof(NodeOptions.Numbers)}"] ?? node.Numbers,
                Channel = ChannelName.Numbers,
                Lines = LineKind.Integers,
            };
            foreach (var section in configuration.GetSection(BridgeOptions.SectionName).GetChildren())
            {
                options.Bridges.TryGetValue(section.Key, out var bridge);
                section.Bind(bridge ??= new BridgeOptions());
                options.Bridges[section.Key] = bridge;
            }
        }
    }
}
