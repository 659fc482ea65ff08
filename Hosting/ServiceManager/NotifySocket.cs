using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Hosting;

/// <summary>
/// The socket over which a service manager such as systemd is told how a process is (sd_notify): one datagram of <c>KEY=value</c> lines each time.
/// </summary>
/// <param name="path">Its path; with <c>@</c> before it a name in the abstract namespace.</param>
internal sealed class NotifySocket(string path) : IDisposable
{
    /// <summary>The environment variable with the path.</summary>
    public const string Variable = "NOTIFY_SOCKET";

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly UnixDomainSocketEndPoint _manager = new(path[0] == '@' ? $"\0{path[1..]}" : path);

    /// <summary>The one that this process was given; null when no service manager wants to know.</summary>
    public static NotifySocket? FromEnvironment() =>
        !OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable(Variable) is { Length: > 1 } path && path[0] is '/' or '@' ? new NotifySocket(path) : null;

    /// <summary>Tells something. A manager that is gone is no failure.</summary>
    public void Tell(params IEnumerable<string> lines)
    {
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(string.Join('\n', lines)), _manager);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // What is served goes on.
        }
    }

    public void Dispose() => _socket.Dispose();
}
