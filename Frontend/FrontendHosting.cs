using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansGateway.Channels;
using OrleansGateway.Connections;
using OrleansGateway.Http;
using OrleansGateway.Metrics;
using OrleansGateway.Pages;
using OrleansGateway.Publishing;
using OrleansGateway.Relays;
using OrleansGateway.Selections;
using OrleansGateway.Transports;

namespace OrleansGateway;

/// <summary>Puts the HTTP side into a silo.</summary>
public static class FrontendHosting
{
    /// <summary>Adds channels over HTTP, the pages, and what they need. It sits on the silo's own cluster client.</summary>
    public static IServiceCollection AddGatewayFrontend(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<FrontendOptions>();
        services.Configure<KestrelServerOptions>(x =>
        {
            x.AddServerHeader = false;

            // Where a target has a host, that one counts (RFC 9112, section 3.2.2).
            x.AllowHostHeaderOverride = true;

            // A client of HTTP/2 behind a proxy may name the scheme that the proxy speaks.
            x.AllowAlternateSchemes = true;

            // Longer ones than are allowed come through, for an answer that says so.
            x.Limits.MaxRequestLineSize = 2 * RequestPath.MaxRequestLine;

            // The publish endpoint has its own limit, with an answer that says it.
            x.Limits.MaxRequestBodySize = null;

            // A subscriber may take its time; it is let go by the rule for slow ones.
            x.Limits.MinResponseDataRate = null;
        });
        services.AddRoutingCore();
        services.AddGatewayMetrics();
        services.AddSingleton<RelayRegistry>();
        services.AddSingleton<ISubscriberCounts>(sp => sp.GetRequiredService<RelayRegistry>());
        services.AddHostedService(sp => sp.GetRequiredService<RelayRegistry>());
        services.AddSingleton<PrefixWatch>();
        services.AddSingleton<SelectionSources>();
        services.AddSingleton<Publisher>();
        services.AddSingleton<PublishEndpoint>();
        services.AddSingleton<SubscribeEndpoint>();
        services.AddSingleton<PollEndpoint>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<PageEndpoint>();
        services.AddSingleton<ChannelsEndpoint>();
        services.AddSingleton<Origins>();
        services.AddSingleton<Hub>();
        services.AddSingleton<RequestServices>();

        // The last that can bind is asked first.
        services.AddSingleton<GatewayEndpoints>();
        services.AddSingleton<IConnectionListenerFactory, ConnectionTransport>();
        return services;
    }

    /// <summary>
    /// Serves HTTP/1.1, and HTTP/2 to those who know that it is spoken, on one port without TLS. It belongs to each end point without TLS that clients connect to.
    /// </summary>
    public static ListenOptions UseGatewayConnections(this ListenOptions endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (endpoint.IPEndPoint is { } address)
        {
            endpoint.ApplicationServices.GetRequiredService<GatewayEndpoints>().Add(address);
        }

        endpoint.Use(next => connection => Http2Preface.Serve(connection, next));
        return endpoint;
    }

    /// <summary>Serves every path: the system's own, and each other one as a channel.</summary>
    public static WebApplication UseGatewayFrontend(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // Not made before the host starts: what it needs, the store for one, is made by its own service, which is named where that fails.
        Hub? hub = null;
        app.UseMiddleware<Failures>();
        app.Use((context, next) => RequestPath.IsRequestLineTooLong(context) ? Problem.TargetTooLong(RequestPath.MaxRequestLine).Write(context) : next(context));

        // Channels do not go through routing: every path is one.
        app.Use((context, next) => SystemEndpoints.Owns(context) ? SystemEndpoints.Admit(context, next) : (hub ??= app.Services.GetRequiredService<Hub>()).Handle(context));
        app.UseRouting();
        app.MapSystem();
        app.MapMetrics();
        return app;
    }
}
