using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Http;

/// <summary><c>GET /-/openapi.json</c>: the HTTP interface for programs (OpenAPI 3.1). The tests hold it against the answers.</summary>
internal static class OpenApiEndpoint
{
    private static readonly byte[] Document = Load();

    public static async Task Handle(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "application/json";
        response.ContentLength = Document.Length;
        response.Headers.CacheControl = "no-cache";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(Document);
        }
    }

    private static byte[] Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("OrleansGateway.Http.openapi.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
