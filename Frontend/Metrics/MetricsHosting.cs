using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace OrleansGateway.Metrics;

/// <summary><c>GET /-/metrics</c>: what the node counts and measures, for Prometheus (text format 0.0.4, or OpenMetrics where it is asked for).</summary>
internal static class MetricsHosting
{
    /// <summary>Collects the gateway's meter, the runtime's, the web server's, and of Orleans' what is read and not written.</summary>
    public static IServiceCollection AddGatewayMetrics(this IServiceCollection services)
    {
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .ConfigureResource(x => x.AddService(GatewayMeter.Name, autoGenerateServiceInstanceId: false))
            .AddMeter(GatewayMeter.Name, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Orleans")
            .AddView(OrleansThatCosts)
            .AddPrometheusExporter());
        return services;
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint("/-/metrics").WithMetadata(new HttpMethodMetadata(["GET", "HEAD"]));

    // Its counters and histograms are written for each call between grains, whoever reads them.
    private static MetricStreamConfiguration? OrleansThatCosts(Instrument instrument) =>
        instrument.Meter.Name == "Microsoft.Orleans" && !instrument.IsObservable ? MetricStreamConfiguration.Drop : null;
}
