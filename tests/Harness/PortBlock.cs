using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Tests.Harness;

/// <summary>
/// Thirty ports that nobody else uses, below those that the system gives to clients. Its last one is held for as long as the
/// block is, so that another run of these tests keeps away also while a node of this one is dead.
/// </summary>
internal sealed class PortBlock : IDisposable
{
    private const int Size = 30;

    private readonly TcpListener _guard;

    private PortBlock(int first, TcpListener guard) => (First, _guard) = (first, guard);

    public int First { get; }

    public static PortBlock Take()
    {
        while (true)
        {
            // Blocks are the same or apart, never overlapping.
            var first = Random.Shared.Next(12_000 / Size, 31_000 / Size) * Size;
            if (TryListen(first + Size - 1) is { } guard)
            {
                if (Enumerable.Range(first, Size - 1).All(IsFree))
                {
                    return new PortBlock(first, guard);
                }

                guard.Dispose();
            }
        }
    }

    public void Dispose() => _guard.Dispose();

    private static bool IsFree(int port)
    {
        using var listener = TryListen(port);
        return listener is not null;
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
