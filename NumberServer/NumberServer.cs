using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Numbers.Server;

/// <summary>Sends random numbers, a line each, to everyone who connects.</summary>
internal sealed partial class NumberServer : BackgroundService
{
    /// <summary>How long a client may take nothing before it is let go: 30 seconds.</summary>
    public static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<NumberConnection, Task> _connections = new();
    private readonly IOptionsMonitor<NumberServerOptions> _options;
    private readonly ILogger<NumberServer> _logger;
    private readonly TimeProvider _time;
    private readonly IDisposable? _subscription;
    private readonly Lock _changing = new();
    private double _ratePerMinute;
    private Socket? _listener;

    /// <summary>Prepares to listen.</summary>
    /// <exception cref="OptionsValidationException">A setting is bad.</exception>
    public NumberServer(IOptionsMonitor<NumberServerOptions> options, TimeProvider time, ILogger<NumberServer> logger)
    {
        _options = options;
        _logger = logger;
        _time = time;
        _ratePerMinute = options.CurrentValue.RatePerMinute;
        _subscription = options.OnChange(_ => ApplyRate());
    }

    /// <summary>Where it listens, with the port that it was given when it asked for any.</summary>
    public IPEndPoint EndPoint => (IPEndPoint?)_listener?.LocalEndPoint ?? throw new InvalidOperationException("The number server does not listen yet.");

    /// <summary>How many clients are connected.</summary>
    public int Connections => _connections.Count;

    /// <summary>Lines a minute to each client.</summary>
    public double RatePerMinute => Volatile.Read(ref _ratePerMinute);

    /// <summary>Listens, unless it already does; clients can connect from now on and are served when it runs.</summary>
    /// <exception cref="ListenException">The address is taken, or not one of this machine.</exception>
    public void Listen()
    {
        if (_listener is not null)
        {
            return;
        }

        _ = HostPort.TryParse(_options.CurrentValue.Listen, out var address);
        try
        {
            var host = Resolve(address!.Host);
            var listener = new Socket(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _listener = listener;
            listener.Bind(new IPEndPoint(host, address.Port));
            listener.Listen();
        }
        catch (SocketException failure)
        {
            _listener?.Dispose();
            _listener = null;
            throw new ListenException(address!, failure);
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Listen();
        LogListening(EndPoint, RatePerMinute);
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _subscription?.Dispose();
        _listener?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await AcceptAsync(stoppingToken) is { } connection)
                {
                    // Known before it runs, so that no change of the rate passes it by. It may be over before the update.
                    _connections[connection] = Task.CompletedTask;
                    _connections.TryUpdate(connection, ServeAsync(connection, stoppingToken), Task.CompletedTask);
                }
            }
        }
        catch (OperationCanceledException)
        {
            _listener!.Dispose();
        }

        await Task.WhenAll(_connections.Values);
    }

    private async Task<NumberConnection?> AcceptAsync(CancellationToken stopping)
    {
        Socket? socket = null;
        try
        {
            socket = await _listener!.AcceptAsync(stopping);
            return new NumberConnection(socket, () => RatePerMinute, SendTimeout, _time);
        }
        catch (SocketException failure)
        {
            // Neither a client that was gone before it was served nor a lack of descriptors ends the server.
            LogNotAccepted(failure.Message);
            if (socket is null)
            {
                await Task.Delay(AcceptPause, _time, stopping);
            }

            socket?.Dispose();
            return null;
        }
    }

    private async Task ServeAsync(NumberConnection connection, CancellationToken stopping)
    {
        await Task.Yield();
        LogConnected(connection.Remote);
        try
        {
            await connection.RunAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            LogDisconnected(connection.Remote, failure.InnerException?.Message ?? failure.Message);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private void ApplyRate()
    {
        lock (_changing)
        {
            // The current value, not the one of this notification: two of them may overtake each other.
            var rate = _options.CurrentValue.RatePerMinute;
            if (rate == RatePerMinute)
            {
                return;
            }

            Volatile.Write(ref _ratePerMinute, rate);
            LogRate(rate);
        }

        foreach (var connection in _connections.Keys)
        {
            connection.Wake();
        }
    }

    private static IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out var address)
            ? address
            : Dns.GetHostAddresses(host).OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();

    [LoggerMessage(1, LogLevel.Information, "The number server listens on {Address} and sends {Rate} lines a minute to each client")]
    private partial void LogListening(IPEndPoint address, double rate);

    [LoggerMessage(2, LogLevel.Information, "The rate is now {Rate} lines a minute")]
    private partial void LogRate(double rate);

    [LoggerMessage(3, LogLevel.Information, "Client {Client} connected")]
    private partial void LogConnected(string client);

    [LoggerMessage(4, LogLevel.Information, "Client {Client} is gone: {Reason}")]
    private partial void LogDisconnected(string client, string reason);

    [LoggerMessage(5, LogLevel.Warning, "A client could not be accepted: {Reason}")]
    private partial void LogNotAccepted(string reason);
}
