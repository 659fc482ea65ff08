using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>What the answers that carry messages over HTTP have in common.</summary>
internal static class StreamResponse
{
    /// <summary>The headers of a request on which it depends what a channel is answered with.</summary>
    public const string VariesBy = "Accept, Last-Event-ID";

    /// <summary>Sets the headers: nobody stores it, holds it back, or runs what was published as a page of this origin.</summary>
    public static void SetHeaders(HttpResponse response, string contentType)
    {
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers.Append(HeaderNames.Vary, VariesBy);
        Sandbox(response);
    }

    /// <summary>Lets no browser take what was published for what it is not, or run it.</summary>
    public static void Sandbox(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
    }

    /// <summary>The header that says a gap where the form cannot.</summary>
    public static void SayGap(HttpResponse response, Gap gap) => response.Headers["Gateway-Gap"] = $"after={gap.After}";
}
