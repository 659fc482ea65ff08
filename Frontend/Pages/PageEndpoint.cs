using System.Collections.Frozen;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OrleansGateway.Http;
using OrleansGateway.Transports;

namespace OrleansGateway.Pages;

/// <summary>The pages for people and what they are made of, from this assembly's resources.</summary>
internal sealed class PageEndpoint(Origins origins)
{
    private const string Prefix = "OrleansGateway.Pages.";
    private const string AssetPrefix = Prefix + "assets.";

    private static readonly FrozenDictionary<string, byte[]> Files = Load();

    /// <summary>Answers with a page.</summary>
    public async Task Write(HttpContext context, string page)
    {
        // What a page may do: its own scripts and styles, and connections to the cluster's nodes: on any port of their hosts, since the
        // policy of a page that is open cannot change, and a node that joins later is where the page may have to go. The grammar of
        // the policy has no IPv6 addresses: a page that was opened by one stays with its own node ('self').
        var nodes = string.Join(' ', origins.OfNodes.Where(x => !x.Contains('[')).Select(AnyPort).Distinct());
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            + $"connect-src 'self' {nodes}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers.Append(HeaderNames.Vary, StreamResponse.VariesBy);
        await Write(context, Prefix + page, "text/html; charset=utf-8");
    }

    /// <summary>Answers with a script, a style or a picture.</summary>
    public static Task WriteAsset(HttpContext context, string name) => TypeOf(name) is { } type && Files.ContainsKey(AssetPrefix + name)
        ? Write(context, AssetPrefix + name, type)
        : Problem.NotFound(context.Request.Path).Write(context);

    private static string AnyPort(string origin)
    {
        var node = new Uri(origin);
        return $"{node.Scheme}://{node.Host}:* {(node.Scheme == Uri.UriSchemeHttps ? "wss" : "ws")}://{node.Host}:*";
    }

    private static string? TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => null,
    };

    private static async Task Write(HttpContext context, string resource, string type)
    {
        var response = context.Response;
        response.ContentType = type;
        response.Headers.CacheControl = "no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        var bytes = Files[resource];
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(bytes);
        }
    }

    private static FrozenDictionary<string, byte[]> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(x => x.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            files[name] = bytes;
        }

        return files.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
