using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Metrics;
using OrleansGateway.Pages;
using OrleansGateway.Publishing;
using OrleansGateway.Relays;
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
        services.AddOptions<FrontendOptions>().BindConfiguration(FrontendOptions.SectionName).ValidateDataAnnotations().ValidateOnStart();
        services.Configure<KestrelServerOptions>(x =>
        {
            x.AddServerHeader = false;

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
        services.AddSingleton<StartingPoint>();
        services.AddSingleton<Publisher>();
        services.AddSingleton<PublishEndpoint>();
        services.AddSingleton<SubscribeEndpoint>();
        services.AddSingleton<PollEndpoint>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<PageEndpoint>();
        services.AddSingleton<ChannelsEndpoint>();
        services.AddSingleton<Origins>();
        services.AddSingleton<Hub>();
        return services;
    }

    /// <summary>Serves every path: the system's own, and each other one as a channel.</summary>
    public static WebApplication UseGatewayFrontend(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var hub = app.Services.GetRequiredService<Hub>();

        // Channels do not go through routing: every path is one.
        app.Use((context, next) => SystemEndpoints.Owns(context.Request.Path) ? next(context) : hub.Handle(context));
        app.UseRouting();
        app.MapSystem();
        app.MapMetrics();
        return app;
    }
}
