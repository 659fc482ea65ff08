using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Numbers.Server;

/// <summary>One client: its own numbers, at its own pace.</summary>
internal sealed class NumberConnection : IDisposable
{
    private const int MaxLinesAWrite = 1024;
    private static readonly byte[][] Lines = [.. Enumerable.Range(0, 11).Select(n => Encoding.ASCII.GetBytes($"{n}\n"))];
    private static readonly int LongestLine = Lines.Max(line => line.Length);

    private readonly NetworkStream _stream;
    private readonly Func<double> _ratePerMinute;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly TimeSpan _sendTimeout;
    private readonly Alarm _alarm;
    private readonly Random _random = new();

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">The socket, which is disposed with this.</param>
    /// <param name="ratePerMinute">Asked for the rate before each line; <see cref="Wake"/> tells that it changed.</param>
    /// <param name="sendTimeout">How long a client may take nothing before it is let go.</param>
    /// <param name="time">The clock.</param>
    public NumberConnection(Socket socket, Func<double> ratePerMinute, TimeSpan sendTimeout, TimeProvider time)
    {
        Configure(socket);
        Remote = socket.RemoteEndPoint?.ToString() ?? "?";
        _stream = new NetworkStream(socket, ownsSocket: true);
        _ratePerMinute = ratePerMinute;
        _sendTimeout = sendTimeout;
        _time = time;
        _began = time.GetTimestamp();
        _alarm = new Alarm(time);
    }

    /// <summary>The client's address.</summary>
    public string Remote { get; }

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <summary>Has it look at the rate again.</summary>
    public void Wake() => _alarm.Ring();

    /// <summary>Sends until the client is gone.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    /// <exception cref="TimeoutException">The client took nothing for too long.</exception>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var ignoring = IgnoreInputAsync(gone);
        try
        {
            await SendAsync(gone.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new IOException("reset by the client");
        }
        finally
        {
            await gone.CancelAsync();
            await ignoring;
        }
    }

    public void Dispose()
    {
        _alarm.Dispose();
        _stream.Dispose();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxLinesAWrite * LongestLine];
        var pace = new Pace(_ratePerMinute(), Now);
        while (true)
        {
            pace.SetRate(_ratePerMinute(), Now);
            var due = pace.Take(Now, MaxLinesAWrite);
            if (due == 0)
            {
                await _alarm.WaitAsync(pace.Wait(Now), cancellationToken);
                continue;
            }

            var write = _stream.WriteAsync(buffer.AsMemory(0, Fill(buffer, due)), cancellationToken);
            if (!write.IsCompleted)
            {
                // The socket is full. What comes due meanwhile is not kept for this client: it could have no end.
                var full = Now;
                await WaitForRoomAsync(write.AsTask());
                pace.Skip(full, Now);
                continue;
            }

            await write;
        }
    }

    private async Task WaitForRoomAsync(Task write)
    {
        try
        {
            await write.WaitAsync(_sendTimeout, _time);
        }
        catch (TimeoutException)
        {
            _stream.Dispose();
            await ((Task)write).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new TimeoutException($"took nothing for {_sendTimeout.TotalSeconds:0.###} s");
        }
    }

    private int Fill(byte[] buffer, int lines)
    {
        var length = 0;
        for (var i = 0; i < lines; i++)
        {
            var line = Lines[_random.Next(Lines.Length)];
            line.CopyTo(buffer, length);
            length += line.Length;
        }

        return length;
    }

    // Nothing is expected from a client, but reading tells at once that it was reset. One that only stopped sending
    // (nc with its input at an end) still listens.
    private async Task IgnoreInputAsync(CancellationTokenSource gone)
    {
        var ignored = new byte[256];
        try
        {
            while (await _stream.ReadAsync(ignored, gone.Token) > 0)
            {
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            await gone.CancelAsync();
        }
    }

    private static void Configure(Socket socket)
    {
        socket.NoDelay = true;

        // Little, so that a client which reads slowly gets new numbers, not the old ones of a long queue.
        socket.SendBufferSize = 16 * 1024;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }
}
