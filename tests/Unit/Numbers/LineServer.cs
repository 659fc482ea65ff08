using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Unit.Numbers;

/// <summary>A TCP server that does as the test says, on a port that nobody is given by chance.</summary>
internal sealed class LineServer : IDisposable
{
    private readonly TcpListener _listener;

    private LineServer(TcpListener listener) => _listener = listener;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static LineServer Start() => StartWithQueue(100);

    /// <summary>Starts one that lets so many clients wait to be accepted; more are ignored.</summary>
    public static LineServer StartWithQueue(int length)
    {
        while (true)
        {
            try
            {
                return Start(Random.Shared.Next(20_000, 32_000), length);
            }
            catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one may be free.
            }
        }
    }

    public static LineServer Start(int port, int queue = 100)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start(queue);
        return new LineServer(listener);
    }

    public async Task<Peer> AcceptAsync() => new(await _listener.AcceptSocketAsync().WaitAsync(Eventually.Deadline));

    public void Dispose() => _listener.Dispose();

    /// <summary>The server's end of a connection.</summary>
    internal sealed class Peer(Socket socket) : IDisposable
    {
        public Task SendAsync(string text) => socket.SendAsync(Encoding.Latin1.GetBytes(text));

        /// <summary>What the other side has sent.</summary>
        public async Task<string> ReadAsync()
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            var buffer = new byte[1024];
            return Encoding.Latin1.GetString(buffer, 0, await socket.ReceiveAsync(buffer, deadline.Token));
        }

        /// <summary>Ends when the other side has closed.</summary>
        public async Task ClosedAsync()
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            try
            {
                Assert.Equal(0, await socket.ReceiveAsync(new byte[1], deadline.Token));
            }
            catch (SocketException failure)
            {
                Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
            }
        }

        /// <summary>Closes so that the other side sees an error, not an end.</summary>
        public void Reset() => socket.Close(timeout: 0);

        public void Dispose() => socket.Dispose();
    }
}
