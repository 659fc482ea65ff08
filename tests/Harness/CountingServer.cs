using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Harness;

/// <summary>What a <see cref="CountingServer"/> does with those who connect.</summary>
internal enum Conduct
{
    /// <summary>It counts.</summary>
    Count,

    /// <summary>It accepts and says nothing.</summary>
    Hang,

    /// <summary>It closes what it accepts.</summary>
    HangUp,

    /// <summary>It sends lines that are no numbers, or too long.</summary>
    Rave,
}

/// <summary>
/// A number server that counts for everybody together and sends each number to all who are connected, to each with the mark of
/// its connection: so a number that two bridges publish is seen, and also one of a bridge that was replaced.
/// </summary>
internal sealed class CountingServer : IAsyncDisposable
{
    /// <summary>None of it may ever be in a channel.</summary>
    public static readonly string[] Rubbish = ["hello\n", "\n", "1.5\n", "12 13\n", "0x10\n", "\0\n", "-\n", "\u00a07\n", $"{new string('9', 5000)}\n"];

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Connection> _history = [];
    private readonly Task _running;
    private volatile Conduct _conduct;
    private string? _once;

    public CountingServer(int perSecond, int port = 0, Conduct conduct = Conduct.Count)
    {
        _conduct = conduct;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _running = Task.WhenAll(Accept(), Send(perSecond));
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>How many are open now.</summary>
    public int Connections => History.Count(x => x.Closed is null);

    /// <summary>The longest time for which two connections were open together.</summary>
    public TimeSpan LongestTogether
    {
        get
        {
            var now = Stopwatch.GetTimestamp();
            var all = History;
            var overlaps =
                from later in all
                from earlier in all
                where earlier.Index < later.Index
                select Stopwatch.GetElapsedTime(later.Accepted, Math.Min(earlier.Closed ?? now, later.Closed ?? now));
            return overlaps.Append(TimeSpan.Zero).Max();
        }
    }

    /// <summary>All connections that there ever were, in the order in which they were accepted.</summary>
    public IReadOnlyList<Connection> History
    {
        get
        {
            lock (_history)
            {
                return [.. _history];
            }
        }
    }

    /// <summary>Changes what it does, also with those who are connected.</summary>
    public void Behave(Conduct conduct)
    {
        _conduct = conduct;
        if (conduct == Conduct.HangUp)
        {
            Cut();
        }
    }

    /// <summary>Sends something once, between two numbers.</summary>
    public void SendOnce(string text) => Volatile.Write(ref _once, text);

    /// <summary>Closes all connections.</summary>
    public void Cut()
    {
        foreach (var connection in History)
        {
            connection.Socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Cut();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Accept()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_stop.Token);
            socket.NoDelay = true;
            Connection connection;
            lock (_history)
            {
                connection = new Connection(_history.Count + 1, socket, Stopwatch.GetTimestamp());
                _history.Add(connection);
            }

            if (_conduct == Conduct.HangUp)
            {
                socket.Dispose();
            }

            _ = Watch(connection);
        }
    }

    // Nobody sends anything to it: what ends the wait is the end of the connection.
    private static async Task Watch(Connection connection)
    {
        try
        {
            while (await connection.Socket.ReceiveAsync(new byte[16]) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }

        connection.Closed = Stopwatch.GetTimestamp();
        connection.Socket.Dispose();
    }

    private async Task Send(int perSecond)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        for (var number = 1L; await timer.WaitForNextTickAsync(_stop.Token); number++)
        {
            var before = Interlocked.Exchange(ref _once, null);
            foreach (var connection in History.Where(x => x.Closed is null))
            {
                var line = _conduct switch
                {
                    Conduct.Count => $"{before}{new CountedNumber(number, connection.Index)}\n",
                    Conduct.Rave => Rubbish[number % Rubbish.Length],
                    _ => string.Empty,
                };
                TrySend(connection, line);
            }
        }
    }

    private static void TrySend(Connection connection, string line)
    {
        try
        {
            connection.Socket.Send(Encoding.UTF8.GetBytes(line));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            connection.Socket.Dispose();
        }
    }

    /// <summary>One connection; times are the stopwatch's.</summary>
    internal sealed class Connection(int index, Socket socket, long accepted)
    {
        public int Index => index;

        public Socket Socket => socket;

        public long Accepted => accepted;

        public long? Closed { get; set; }
    }
}
