using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Transports;

/// <summary>
/// Sees a client take less than a whole write: how many bytes its system has acknowledged so far. Once its receive buffer is full,
/// that grows only when the client reads.
/// </summary>
internal static class TcpProgress
{
    /// <summary>A way to read it, or null where the system or the connection has none: one of HTTP/2 has many streams.</summary>
    public static Func<long?>? Of(HttpContext context) =>
        OperatingSystem.IsLinux() && !HttpProtocol.IsHttp2(context.Request.Protocol) && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket
            ? () => TcpInfo.AcknowledgedBytes(socket)
            : null;
}
