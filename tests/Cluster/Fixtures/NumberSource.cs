using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>
/// A number server that counts, and sends each number to whoever is connected: should two bridges read at once, and both
/// publish, a number would come twice. It watches how many are connected.
/// </summary>
internal sealed class NumberSource : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private readonly Stopwatch _together = new();
    private readonly Task _running;
    private int _accepted;

    public NumberSource()
    {
        Port = Ports.Free();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _running = Task.WhenAll(Accept(), Send());
    }

    public int Port { get; }

    /// <summary>How many are connected.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>How many ever were.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>For how long more than one was connected.</summary>
    public TimeSpan OpenTogether
    {
        get
        {
            lock (_lock)
            {
                return _together.Elapsed;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Change(x => x.ForEach(y => y.Dispose()));
        _stop.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_stop.Token);
            Interlocked.Increment(ref _accepted);
            Change(x => x.Add(socket));
            _ = WaitForEnd(socket);
        }
    }

    private async Task WaitForEnd(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[16], _stop.Token) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is over one way or another.
        }

        Change(x => x.Remove(socket));
    }

    private async Task Send()
    {
        using var timer = new PeriodicTimer(Period);
        for (var number = 1L; await timer.WaitForNextTickAsync(_stop.Token); number++)
        {
            var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}\n"));
            Socket[] open = [];
            Change(x => open = [.. x]);
            foreach (var socket in open)
            {
                try
                {
                    await socket.SendAsync(line, _stop.Token);
                }
                catch (SocketException)
                {
                    // Its reader notices.
                }
            }
        }
    }

    private void Change(Action<List<Socket>> change)
    {
        lock (_lock)
        {
            change(_open);
            if (_open.Count > 1)
            {
                _together.Start();
            }
            else
            {
                _together.Stop();
            }
        }
    }
}
