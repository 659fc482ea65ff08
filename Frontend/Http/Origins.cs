using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansGateway.Cluster;

namespace OrleansGateway.Http;

/// <summary>
/// Which web pages may use this node: its own, those of the cluster's other nodes (a page whose node dies goes on with
/// another, which is another origin), and those that are configured.
/// </summary>
internal sealed class Origins(IClusterView cluster, IOptionsMonitor<FrontendOptions> options)
{
    private static readonly string[] LoopbackNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>The origins of all nodes, on loopback under each of its names.</summary>
    public IEnumerable<string> OfNodes => cluster.Nodes.SelectMany(x => x.Http is null ? [] : NamesOf(new Uri(x.Http)));

    /// <summary>Checks the request's <c>Origin</c> and lets allowed ones read the answer (the CORS protocol of the Fetch standard).</summary>
    /// <returns>Whether a page of this origin may do what it asks for. Without an <c>Origin</c> it is no page of another.</returns>
    public bool Admit(HttpContext context)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || IsOwn(context.Request, origin))
        {
            return true;
        }

        context.Response.Headers.Append("Vary", "Origin");
        if (!OfNodes.Contains(origin, StringComparer.OrdinalIgnoreCase) && !options.CurrentValue.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = "Message-Id, First-Message-Id, Gateway-Gap, Last-Event-ID, Retry-After";
        if (context.Request.Headers.ContainsKey("Access-Control-Request-Method"))
        {
            headers.AccessControlAllowMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
            headers.AccessControlAllowHeaders = "Content-Type, Idempotency-Key, Last-Event-ID";
            headers.AccessControlMaxAge = "600";
        }

        return true;
    }

    private static bool IsOwn(HttpRequest request, string origin) =>
        origin.EndsWith($"://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> NamesOf(Uri http) => http.IsLoopback
        ? LoopbackNames.Select(x => $"{http.Scheme}://{x}:{http.Port}")
        : [http.GetLeftPart(UriPartial.Authority)];
}
