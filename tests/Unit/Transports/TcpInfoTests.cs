using System.Net;
using System.Net.Sockets;
using OrleansGateway.Tests.Unit.Numbers;
using OrleansGateway.Transports;

namespace OrleansGateway.Tests.Unit.Transports;

public class TcpInfoTests
{
    [Fact]
    public async Task AcknowledgedBytes_ClientThatTakesALittle_IsSeen()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 * 1024 };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 * 1024 };
        await client.ConnectAsync(listener.LocalEndPoint!);
        using var server = await listener.AcceptAsync();
        server.SendBufferSize = 64 * 1024;

        // Until nothing more goes: what was acknowledged stays the same while bytes wait.
        var sending = server.SendAsync(new byte[4 * 1024 * 1024]);
        var (before, same) = (-1L, 0);
        await Eventually.TrueAsync(
            () =>
            {
                var now = TcpInfo.AcknowledgedBytes(server)!.Value;
                (same, before) = (now == before ? same + 1 : 0, now);
                return same >= 20;
            },
            "the client's buffer is full");
        Assert.False(sending.IsCompleted);

        // Far less than the server's own buffer has.
        var taken = 0;
        while (taken < 16 * 1024)
        {
            taken += await client.ReceiveAsync(new byte[1024]);
        }

        await Eventually.TrueAsync(() => TcpInfo.AcknowledgedBytes(server) > before, "it is seen to take something");
        server.Dispose();
        Assert.Null(TcpInfo.AcknowledgedBytes(server));
        await sending.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task Silence_NothingWaits_IsZero()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!);
        using var server = await listener.AcceptAsync();
        await server.SendAsync(new byte[10]);
        await Eventually.TrueAsync(() => TcpInfo.Silence(server) == TimeSpan.Zero, "all is acknowledged");
        server.Dispose();
        Assert.Null(TcpInfo.Silence(server));
    }
}
