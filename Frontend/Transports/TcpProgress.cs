using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace OrleansGateway.Transports;

/// <summary>
/// Sees a client take less than a whole write: how many bytes its system has acknowledged so far. Once its receive buffer is full,
/// that grows only when the client reads.
/// </summary>
internal static class TcpProgress
{
    // Linux, netinet/in.h and linux/tcp.h: the option TCP_INFO, and where tcpi_bytes_acked (since 4.1) lies in it.
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int BytesAcked = 120;

    /// <summary>A way to read it, or null where the system or the connection has none: one of HTTP/2 has many streams.</summary>
    public static Func<long?>? Of(HttpContext context) =>
        OperatingSystem.IsLinux() && !HttpProtocol.IsHttp2(context.Request.Protocol) && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket ? () => Read(socket) : null;

    /// <summary>The state of a connection (linux/tcp_states.h), or null where the system does not know it.</summary>
    public static byte? State(Socket socket)
    {
        Span<byte> info = stackalloc byte[1];
        return ReadInfo(socket, info) ? info[0] : null;
    }

    /// <summary>Reads it; null where the system does not know it.</summary>
    public static long? Read(Socket socket)
    {
        Span<byte> info = stackalloc byte[BytesAcked + sizeof(long)];
        return ReadInfo(socket, info) ? BinaryPrimitives.ReadInt64LittleEndian(info[BytesAcked..]) : null;
    }

    private static bool ReadInfo(Socket socket, Span<byte> info)
    {
        try
        {
            return socket.GetRawSocketOption(TcpLevel, TcpInfo, info) == info.Length;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
