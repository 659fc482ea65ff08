using System.Net;
using System.Net.Sockets;
using OrleansGateway.Connections;

namespace OrleansGateway.Tests.Unit.Connections;

/// <summary>A connection and its client, over TCP.</summary>
internal sealed class SocketPair : IConnectionHandler, IConnectionOwner, IDisposable
{
    private readonly EventLoop? _ownLoop;
    private int _readable;

    /// <summary>Makes one with a loop of its own, which has begun.</summary>
    public SocketPair(int bufferBytes = 0)
        : this(new EventLoop(0), bufferBytes)
    {
        _ownLoop = Loop;
        Begin();
    }

    /// <summary>Makes one that <see cref="Begin"/> begins.</summary>
    public SocketPair(EventLoop loop, int bufferBytes = 0)
    {
        Loop = loop;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (bufferBytes > 0)
        {
            listener.SendBufferSize = bufferBytes;
            Client.ReceiveBufferSize = bufferBytes;
        }

        listener.Listen();
        Client.Connect(listener.LocalEndPoint!);
        Connection = new ClientConnection(listener.Accept(), loop, this);
    }

    public EventLoop Loop { get; }

    public ClientConnection Connection { get; }

    public Socket Client { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public int Readable => Volatile.Read(ref _readable);

    public TaskCompletionSource InputEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TimeSpan VanishedTimeout => TimeSpan.FromMinutes(1);

    /// <summary>What it does when it is told of bytes: fail.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The failure that its owner was told of.</summary>
    public Exception? Reported { get; private set; }

    public void Begin() => Connection.Begin(this);

    /// <summary>Takes so many bytes.</summary>
    public async Task<byte[]> Take(int count)
    {
        var bytes = new byte[count];
        for (var taken = 0; taken < count;)
        {
            var read = await Client.ReceiveAsync(bytes.AsMemory(taken));
            Assert.NotEqual(0, read);
            taken += read;
        }

        return bytes;
    }

    public void OnReadable()
    {
        Interlocked.Increment(ref _readable);
        if (Failure is not null)
        {
            throw Failure;
        }
    }

    public void OnInputEnded() => InputEnded.SetResult();

    public void OnClosed() => Closed.SetResult();

    public void Failed(Exception exception)
    {
        Reported = exception;
        if (exception != Failure)
        {
            Closed.TrySetException(exception);
        }
    }

    public void PassOn(ClientConnection connection, byte[] read) => throw new NotSupportedException();

    public void Dispose()
    {
        Connection.Close();
        Client.Dispose();
        _ownLoop?.Dispose();
    }
}
