using System.Net;
using System.Net.Sockets;
using Orleans.TestingHost;

namespace OrleansGateway.Tests.Cluster.Fixtures;

/// <summary>Free ports below those that the system gives to clients.</summary>
internal sealed class Ports : ITestClusterPortAllocator
{
    private const int First = 18_000;
    private const int End = 32_000;

    /// <summary>The first of so many free ports in a row.</summary>
    public static int Free(int count = 1)
    {
        while (true)
        {
            var first = Random.Shared.Next(First, End - count);
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }
    }

    public (int, int) AllocateConsecutivePortPairs(int numPorts)
    {
        var first = Free(2 * numPorts);
        return (first, first + numPorts);
    }

    public void Dispose()
    {
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
