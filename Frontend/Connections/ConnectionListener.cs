using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Connections;

/// <summary>Accepts clients at one address, and serves what is plain; the rest is for the web server.</summary>
internal sealed partial class ConnectionListener : IConnectionListener, IConnectionOwner
{
    private const int Backlog = 4096;

    // TCP's keep-alive asks this often within half of the time after which a client counts as vanished, and as often until TCP itself gives up.
    private const int Probes = 3;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket;
    private readonly EventLoop[] _loops;
    private readonly IOptionsMonitor<FrontendOptions> _options;
    private readonly RequestServices _services;
    private readonly Channel<ConnectionContext> _forKestrel = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Task _accepting;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IDisposable? _reload;
    private uint _next;

    public ConnectionListener(IPEndPoint endpoint, EventLoop[] loops, RequestServices services, TimeProvider time, ILogger logger)
    {
        (_loops, _services, _options, _time, _logger) = (loops, services, services.Options, time, logger);
        _socket = Listen(endpoint, _options.CurrentValue.VanishedTimeout);
        _reload = _options.OnChange(x => KeepAlive(_socket, x.VanishedTimeout));
        _accepting = Accept();
    }

    TimeSpan IConnectionOwner.VanishedTimeout => _options.CurrentValue.VanishedTimeout;

    public EndPoint EndPoint => _socket.LocalEndPoint!;

    void IConnectionOwner.Failed(Exception exception) => LogFailed(_logger, exception);

    void IConnectionOwner.PassOn(ClientConnection connection, byte[] read)
    {
        KestrelConnection context;
        try
        {
            context = new KestrelConnection(connection, read);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // The client is gone.
            connection.Close();
            return;
        }

        connection.PassTo(context);
        if (!_forKestrel.Writer.TryWrite(context))
        {
            connection.Close();
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _forKestrel.Reader.WaitToReadAsync(cancellationToken) && _forKestrel.Reader.TryRead(out var connection) ? connection : null;

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _reload?.Dispose();
        _socket.Dispose();
        await _accepting;
        _forKestrel.Writer.TryComplete();
        foreach (var connection in Present)
        {
            connection.Stop();
        }
    }

    /// <summary>Waits for those that are being served, but not for ever.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        for (var begun = _time.GetTimestamp(); _time.GetElapsedTime(begun) < Farewell && Present.Any();)
        {
            await Task.Delay(LookAgain, _time);
        }

        foreach (var connection in Present)
        {
            connection.Close();
        }
    }

    private IEnumerable<ClientConnection> Present => _loops.SelectMany(x => x.Connections).Where(x => x.Owner == this);

    private static Socket Listen(IPEndPoint endpoint, TimeSpan vanishedTimeout)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            // What is set here is set for all that it accepts.
            socket.NoDelay = true;
            KeepAlive(socket, vanishedTimeout);
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(exception.Message, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void KeepAlive(Socket socket, TimeSpan vanishedTimeout)
    {
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(vanishedTimeout / 2));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(vanishedTimeout / 2 / Probes));
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 2 * Probes);
        }
        catch (ObjectDisposedException)
        {
            // It stopped listening meanwhile.
        }

        static int Seconds(TimeSpan time) => Math.Max(1, (int)time.TotalSeconds);
    }

    private async Task Accept()
    {
        while (true)
        {
            try
            {
                Begin(await _socket.AcceptAsync());
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException exception)
            {
                // One that was gone before it was accepted, or no descriptor is left: the next has better luck.
                LogNotAccepted(_logger, exception);
                await Task.Delay(LookAgain, _time);
            }
        }
    }

    private void Begin(Socket socket)
    {
        ClientConnection? connection = null;
        try
        {
            connection = new ClientConnection(socket, _loops[_next++ % (uint)_loops.Length], this);
            connection.Begin(new RequestReader(connection, _services));
        }
        catch (Exception exception)
        {
            // It is gone already, or the system cannot watch another.
            LogNotAccepted(_logger, exception);
            connection?.Close();
            socket.Dispose();
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A connection failed and was closed")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "A connection could not be accepted")]
    private static partial void LogNotAccepted(ILogger logger, Exception exception);
}
