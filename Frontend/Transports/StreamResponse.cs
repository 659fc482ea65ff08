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
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.Append(HeaderNames.Vary, VariesBy);
    }

    /// <summary>The header that says a gap where the form cannot.</summary>
    public static void SayGap(HttpResponse response, Gap gap) => response.Headers["Gateway-Gap"] = $"after={gap.After}";
}
