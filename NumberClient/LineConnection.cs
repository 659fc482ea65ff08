using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Numbers;

/// <summary>One TCP connection and the lines that come over it.</summary>
internal sealed class LineConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly LineReader _lines;
    private readonly LineSourceOptions _options;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenRegistration _closeOnCancel;
    private readonly CancellationToken _cancelled;

    private LineConnection(Socket socket, EndPoint remote, LineSourceOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        _socket = socket;
        _options = options;
        Remote = remote;
        _lines = new LineReader(new NetworkStream(socket, ownsSocket: true), options.MaxLineBytes);
        _idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _cancelled = cancellationToken;

        // The consumer may be busy with a line, and not be waiting here, when it is cancelled.
        _closeOnCancel = cancellationToken.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
    }

    /// <summary>The peer.</summary>
    public EndPoint Remote { get; }

    /// <summary>Why the connection is over; null before.</summary>
    public string? EndReason { get; private set; }

    /// <summary>Connects.</summary>
    /// <exception cref="ConnectFailedException">The peer can't be reached, or not in time.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<LineConnection> OpenAsync(LineSourceOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Socket? socket = null;
        try
        {
            var isAddress = IPAddress.TryParse(options.Host, out var address);
            socket = isAddress
                ? new Socket(address!.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
                : new Socket(SocketType.Stream, ProtocolType.Tcp);
            EndPoint peer = isAddress ? new IPEndPoint(address!, options.Port) : new DnsEndPoint(options.Host, options.Port);
            await socket.ConnectAsync(peer, either.Token);
            EnableKeepAlive(socket);
            if (socket.RemoteEndPoint is not { } remote || remote.Equals(socket.LocalEndPoint))
            {
                // TCP lets a socket connect to itself, when it happens to be given the port that it looks for.
                throw new ConnectFailedException("nobody listens");
            }

            var connection = new LineConnection(socket, Plain(remote), options, time, cancellationToken);
            socket = null;
            return connection;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectFailedException($"no answer in {options.ConnectTimeout.TotalSeconds:0.###} s");
        }
        catch (SocketException failure)
        {
            throw new ConnectFailedException(failure.Message);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>Waits for the next line.</summary>
    /// <returns>The line; or null when the connection is over, <see cref="EndReason"/> then says why.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<Line?> ReadAsync()
    {
        _cancelled.ThrowIfCancellationRequested();
        if (_lines.TryRead(out var received))
        {
            return received;
        }

        try
        {
            if (_options.HasIdleTimeout)
            {
                _idle.CancelAfter(_options.IdleTimeout!.Value);
            }

            var line = await _lines.ReadAsync(_idle.Token);
            _idle.CancelAfter(Timeout.InfiniteTimeSpan);
            EndReason = line is null ? "closed by the peer" : null;
            return line;
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            _cancelled.ThrowIfCancellationRequested();
            EndReason = failure is OperationCanceledException
                ? $"no line for {_options.IdleTimeout!.Value.TotalSeconds:0.###} s"
                : failure.InnerException?.Message ?? failure.Message;
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _closeOnCancel.Unregister();
        _socket.Dispose();
        await _lines.DisposeAsync();
        _idle.Dispose();
    }

    // Notices in about 30 s that the peer's machine is gone, which sends no FIN.
    private static void EnableKeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    private static EndPoint Plain(EndPoint remote) =>
        remote is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : remote;
}

/// <summary>Why a connection could not be opened.</summary>
internal sealed class ConnectFailedException(string message) : Exception(message);
