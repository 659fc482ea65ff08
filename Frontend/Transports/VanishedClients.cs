using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Transports;

/// <summary>
/// Lets go of clients that vanished without a FIN: whose system answers nothing any more. Where nothing is under way TCP's
/// keep-alive asks it (RFC 9293, section 3.8.4), else what was sent does.
/// </summary>
/// <remarks>
/// <c>TCP_USER_TIMEOUT</c> would not do: it also ends who does not read but whose system answers, and counts only from the first byte that
/// is not acknowledged, which may come a keep-alive's period after the client vanished.
/// </remarks>
internal sealed class VanishedClients(ConnectionDelegate next, IOptionsMonitor<FrontendOptions> options)
{
    // Until the time-out; as many more until TCP itself gives up, where nobody looks.
    private const int Probes = 3;

    public Task Serve(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            KeepAlive(socket, options.CurrentValue.VanishedTimeout);

            // Once a second.
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static x => ((Watch)x).Look(), new Watch(connection, socket, options));
        }

        return next(connection);
    }

    // Half of the time until it is asked, the other half for an answer.
    private static void KeepAlive(Socket socket, TimeSpan timeout)
    {
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(timeout / 2));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(timeout / 2 / Probes));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 2 * Probes);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has gone already.
        }

        static int Seconds(TimeSpan time) => Math.Max(1, (int)time.TotalSeconds);
    }

    private sealed class Watch(ConnectionContext connection, Socket socket, IOptionsMonitor<FrontendOptions> options)
    {
        // Often enough for a time-out in seconds, and cheap with many connections.
        private const int BeatsALook = 4;

        private int _beats;

        public void Look()
        {
            if (++_beats % BeatsALook == 0 && TcpInfo.Silence(socket) > options.CurrentValue.VanishedTimeout)
            {
                connection.Abort(new ConnectionAbortedException("The client has vanished: its system acknowledges nothing any more."));
            }
        }
    }
}
