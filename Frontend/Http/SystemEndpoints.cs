using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Net.Http.Headers;
using OrleansGateway.Cluster;
using OrleansGateway.Pages;

namespace OrleansGateway.Http;

/// <summary>What belongs to the system and is never a channel: everything below <c>/-/</c>, and what browsers and crawlers ask for by themselves.</summary>
internal static class SystemEndpoints
{
    private const string Allowed = "GET, HEAD, OPTIONS";

    /// <summary>Whether a request is for a path of the system. One with a dot segment is not, wherever that leads: it is no channel's name either.</summary>
    public static bool Owns(HttpContext context) =>
        Owns(context.Request.Path) && !RequestPath.HasDotSegment(RequestPath.PathOf(context.Features.Get<IHttpRequestFeature>()!.RawTarget));

    /// <summary>Whether a path belongs to the system.</summary>
    public static bool Owns(PathString path) => path.Value is "/" or "/favicon.ico" or "/robots.txt"
        || path.StartsWithSegments("/-", StringComparison.Ordinal)
        || path.StartsWithSegments("/.well-known", StringComparison.Ordinal);

    /// <summary>Lets in what reads, and answers the rest: nothing of the system is written over HTTP.</summary>
    public static Task Admit(HttpContext context, RequestDelegate next)
    {
        context.RequestServices.GetRequiredService<Origins>().Admit(context);
        switch (context.Request.Method)
        {
            case "GET" or "HEAD":
                return next(context);
            case "OPTIONS":
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                context.Response.Headers.Allow = Allowed;
                return Task.CompletedTask;
            case var method:
                context.Response.Headers.Allow = Allowed;
                return Problem.Method(method, Allowed).Write(context);
        }
    }

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
        routes.MapFallback("{**path}", static (HttpContext context) => Problem.NotFound(context.Request.Path).Write(context));
        return routes;
    }

    private static readonly string[] Get = ["GET", "HEAD"];

    private static Task Home(HttpContext context, PageEndpoint pages)
    {
        if (Negotiation.ByAccept(context.Request.Headers.Accept.ToString()) == Transport.Html)
        {
            return pages.Write(context, "index.html");
        }

        context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
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

    private static IResult GetCluster(HttpContext context, IClusterView cluster)
    {
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
