using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Commands.Daemons;

/// <summary>The part of a service manager that is told how a service is: the socket that <c>NOTIFY_SOCKET</c> names.</summary>
internal sealed class NotifyListener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];

    /// <summary>Listens.</summary>
    /// <param name="name">A path, or <c>@</c> and a name in the abstract namespace.</param>
    public NotifyListener(string name)
    {
        Name = name;
        _socket.Bind(new UnixDomainSocketEndPoint(name[0] == '@' ? $"\0{name[1..]}" : name));
    }

    public string Name { get; }

    /// <summary>The lines of the next datagram.</summary>
    public async Task<string[]> Next() => await TryNext(30) ?? throw new TimeoutException("nothing more is told");

    /// <summary>The lines of the next datagram; null when none comes in time.</summary>
    public async Task<string[]?> TryNext(double seconds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        try
        {
            return Encoding.UTF8.GetString(_buffer, 0, await _socket.ReceiveAsync(_buffer, limit.Token)).Split('\n');
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The lines of the next datagram that is no sign of life.</summary>
    public async Task<string[]> News()
    {
        while (true)
        {
            if (await Next() is var lines and not ["WATCHDOG=1"])
            {
                return lines;
            }
        }
    }

    /// <summary>Reads whatever has come so far.</summary>
    public void Drain()
    {
        while (_socket.Available > 0)
        {
            _socket.Receive(_buffer);
        }
    }

    public void Dispose() => _socket.Dispose();
}
