using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.EndToEnd.Harness;

/// <summary>
/// A number server that counts 1, 2, 3 … for everybody together and sends each number to all who are connected: so a number that is
/// published twice, by two bridges, is seen. It knows how long two connections were open together.
/// </summary>
internal sealed class CountingServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _connections = [];
    private readonly Task _running;
    private long _together;
    private string? _rubbish;

    public CountingServer(int perSecond, int port = 0)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _running = Task.WhenAll(Accept(), Send(perSecond));
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    public TimeSpan LongestTogether { get; private set; }

    public int Connections
    {
        get
        {
            lock (_connections)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Sends something once, between two numbers.</summary>
    public void SendOnce(string text) => Volatile.Write(ref _rubbish, text);

    /// <summary>Closes all connections.</summary>
    public void Cut()
    {
        lock (_connections)
        {
            _connections.ForEach(x => x.Dispose());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Accept()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_stop.Token);
            socket.NoDelay = true;
            lock (_connections)
            {
                _connections.Add(socket);
            }
        }
    }

    private async Task Send(int perSecond)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        for (var number = 1L; await timer.WaitForNextTickAsync(_stop.Token); number++)
        {
            var bytes = Encoding.ASCII.GetBytes($"{Interlocked.Exchange(ref _rubbish, null)}{number}\n");
            lock (_connections)
            {
                _connections.RemoveAll(x => !TrySend(x, bytes));
                if (_connections.Count < 2)
                {
                    _together = 0;
                    continue;
                }

                _together = _together == 0 ? Stopwatch.GetTimestamp() : _together;
                var together = Stopwatch.GetElapsedTime(_together);
                LongestTogether = together > LongestTogether ? together : LongestTogether;
            }
        }
    }

    private static bool TrySend(Socket socket, byte[] bytes)
    {
        try
        {
            // A peer that closed has something to read: the end.
            return !(socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0) && socket.Send(bytes) == bytes.Length;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
