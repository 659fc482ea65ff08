using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Bench.Servers;

/// <summary>What is measured: a server of one or several processes on loopback.</summary>
internal abstract class Server : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly List<Child> _children = [];

    /// <summary>What it is called in the table.</summary>
    public abstract string Name { get; }

    /// <summary>The ports of its processes, at least one.</summary>
    public abstract IReadOnlyList<int> Ports { get; }

    /// <summary>Its processes; of one that has children, the parent.</summary>
    public IReadOnlyList<int> Pids => [.. _children.Select(x => x.Pid)];

    /// <summary>Its own directory, which goes with it.</summary>
    protected string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("bench-").FullName;

    /// <summary>The arguments by which the load generator finds a channel.</summary>
    /// <param name="form">ws, sse or stream; pub where it only publishes.</param>
    /// <param name="place">What the channels' names begin with.</param>
    public abstract IEnumerable<string> Paths(string form, string place);

    public void Dispose()
    {
        foreach (var child in _children)
        {
            child.Dispose();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    protected Child Launch(params string[] command)
    {
        var child = Child.Start(Directory, null, command);
        _children.Add(child);
        return child;
    }

    /// <summary>Waits until a probe says that it serves.</summary>
    protected async Task Ready(Func<Task<bool>> probe)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        while (!await probe())
        {
            foreach (var child in _children)
            {
                child.ThrowIfEnded();
            }

            await Task.Delay(20, limit.Token);
        }
    }

    protected static async Task<bool> Accepts(int port)
    {
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
