using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Cluster;
using OrleansGateway.Pages;

namespace OrleansGateway.Http;

/// <summary>What belongs to the system and is never a channel: everything below <c>/-/</c>, and what browsers and crawlers ask for by themselves.</summary>
internal static class SystemEndpoints
{
    /// <summary>Whether a path belongs to the system.</summary>
    public static bool Owns(PathString path) =>
        path == "/" || path.StartsWithSegments("/-") || path.StartsWithSegments("/.well-known") || path == "/favicon.ico" || path == "/robots.txt";

    /// <summary>Maps them.</summary>
    public static IEndpointRouteBuilder MapSystem(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Get, Home);
        routes.MapMethods("/-/health/live", Get, static () => Results.Text("OK\n"));
        routes.MapMethods("/-/health/ready", Get, Ready);
        routes.MapMethods("/-/cluster", Get, GetCluster);
        routes.MapMethods("/-/channels/{**channel}", Get, static (HttpContext context, ChannelsEndpoint channels) => channels.Handle(context));
        routes.MapMethods("/-/openapi.json", Get, OpenApiEndpoint.Handle);
        routes.MapMethods("/-/assets/{name}", Get, static (HttpContext context, string name) => PageEndpoint.WriteAsset(context, name));
        routes.MapMethods("/robots.txt", Get, static () => Results.Text("User-agent: *\nDisallow: /\n"));
        routes.MapFallback("{**path}", Otherwise);
        return routes;
    }

    // Here comes what has no path of these, and every other method: a fallback is taken before routing's own 405.
    private static Task Otherwise(HttpContext context, Origins origins)
    {
        const string Allowed = "GET, HEAD, OPTIONS";
        var method = context.Request.Method;
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method))
        {
            return Problem.NotFound(context.Request.Path).Write(context);
        }

        context.Response.Headers.Allow = Allowed;
        if (!HttpMethods.IsOptions(method))
        {
            return Problem.Method(method, Allowed).Write(context);
        }

        origins.Admit(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static readonly string[] Get = ["GET", "HEAD"];

    private static Task Home(HttpContext context, PageEndpoint pages)
    {
        if (Negotiation.ByAccept(context.Request.Headers.Accept.ToString()) == Transport.Html)
        {
            return pages.Write(context, "index.html");
        }

        context.Response.Headers.Vary = "Accept";
        return Results.Text(HelpText($"{context.Request.Scheme}://{context.Request.Host}")).ExecuteAsync(context);
    }

    private static string HelpText(string origin) => $"""
        OrleansGateway: every URL path is a channel. POST publishes to it, GET subscribes.

          curl -N {origin}/numbers            numbers, live
          curl -N {origin}/hello              subscribe
          curl -d 'hi there' {origin}/hello   publish
          curl -N '{origin}/hello?as=json'    a JSON object a line, with ids to resume from
          curl -N '{origin}/hello?as=sse'     server-sent events
          curl '{origin}/hello?poll=1'        what there is, and an end
          curl {origin}/-/cluster             the nodes

        In a browser {origin}/ is a page, and so is each channel.

        """;

    private static IResult Ready(IClusterMembershipService membership, ILocalSiloDetails silo, IHostApplicationLifetime lifetime)
    {
        var status = membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress);
        var ready = status == SiloStatus.Active && !lifetime.ApplicationStopping.IsCancellationRequested && lifetime.ApplicationStarted.IsCancellationRequested;
        var reason = ready ? null : lifetime.ApplicationStopping.IsCancellationRequested ? "the node stops" : $"the silo is {status}";
        return Results.Json(
            new Readiness(ready, reason is null ? [] : [reason]), SystemJson.Default.Readiness, statusCode: ready ? 200 : 503);
    }

    private static IResult GetCluster(HttpContext context, IClusterView cluster, Origins origins)
    {
        origins.Admit(context);
        context.Response.Headers.CacheControl = "no-store";
        var nodes = cluster.Nodes.Select(x => new NodeBody(
            x.Name, x.Address, x.Http, x.Status.ToString().ToLowerInvariant(), x.Since?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"), x.Bridge));
        return Results.Json(new ClusterBody([.. nodes]), SystemJson.Default.ClusterBody);
    }
}

internal sealed record Readiness(bool Ready, string[] Reasons);

internal sealed record ClusterBody(NodeBody[] Nodes);

internal sealed record NodeBody(string Name, string Address, string? Http, string Status, string? Since, bool Bridge);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Readiness))]
[JsonSerializable(typeof(ClusterBody))]
internal sealed partial class SystemJson : JsonSerializerContext;
