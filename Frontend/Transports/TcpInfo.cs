using System.Buffers.Binary;
using System.Net.Sockets;

namespace OrleansGateway.Transports;

/// <summary>What Linux knows of a TCP connection: the socket option <c>TCP_INFO</c>, see tcp(7). Null where the system or the socket has none.</summary>
internal static class TcpInfo
{
    // netinet/in.h and linux/tcp.h: the option, and where the fields of struct tcp_info lie that are read here.
    private const int TcpLevel = 6;
    private const int Option = 11;
    private const int Probes = 3;
    private const int Unacked = 24;
    private const int LastAckRecv = 56;
    private const int BytesAcked = 120;
    private const int NotSentBytes = 144;

    /// <summary>How many bytes the other side has acknowledged so far (since Linux 4.1).</summary>
    public static long? AcknowledgedBytes(Socket socket)
    {
        Span<byte> info = stackalloc byte[BytesAcked + sizeof(long)];
        return Read(socket, info) ? BinaryPrimitives.ReadInt64LittleEndian(info[BytesAcked..]) : null;
    }

    /// <summary>
    /// For how long the other side has acknowledged nothing though something waits for it, or it was asked by TCP's keep-alive; zero where neither is
    /// so (since Linux 4.6).
    /// </summary>
    public static TimeSpan? Silence(Socket socket)
    {
        Span<byte> info = stackalloc byte[NotSentBytes + sizeof(uint)];
        if (!Read(socket, info))
        {
            return null;
        }

        var waits = info[Probes] != 0 || BinaryPrimitives.ReadUInt32LittleEndian(info[Unacked..]) != 0 || BinaryPrimitives.ReadUInt32LittleEndian(info[NotSentBytes..]) != 0;
        return waits ? TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt32LittleEndian(info[LastAckRecv..])) : TimeSpan.Zero;
    }

    private static bool Read(Socket socket, Span<byte> info)
    {
        try
        {
            return OperatingSystem.IsLinux() && socket.GetRawSocketOption(TcpLevel, Option, info) == info.Length;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
