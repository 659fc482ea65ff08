using System.Net.Sockets;
using OrleansGateway.Transports;

namespace OrleansGateway.Connections;

/// <summary>
/// A client's TCP connection: reads what is there and writes what fits, and can wait for more and for room. It holds no buffer, and
/// nothing else while nothing happens.
/// </summary>
internal sealed class ClientConnection
{
    /// <summary>How many seconds pass between two turns of a connection.</summary>
    public const int TicksATurn = 4;

    private readonly Socket _socket;
    private readonly EventLoop _loop;
    private ulong _key;
    private volatile IConnectionHandler? _handler;
    private Edge? _readable;
    private Edge? _writable;
    private int _isInputEnded;
    private int _isClosed;

    /// <summary>Takes over an accepted socket; <see cref="Begin"/> begins to look at it.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="loop">What tells of it.</param>
    /// <param name="owner">Who accepted it.</param>
    public ClientConnection(Socket socket, EventLoop loop, IConnectionOwner owner)
    {
        (_socket, _loop, Owner) = (socket, loop, owner);
        socket.Blocking = false;
    }

    /// <summary>Who accepted it.</summary>
    public IConnectionOwner Owner { get; }

    /// <summary>Whether the web server has it.</summary>
    public bool IsKestrels => _handler is KestrelConnection;

    public Socket Socket => _socket;

    /// <summary>Whether the client has closed its half.</summary>
    public bool IsInputEnded => Volatile.Read(ref _isInputEnded) != 0;

    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Begins to tell what happens.</summary>
    public void Begin(IConnectionHandler handler)
    {
        _handler = handler;
        _key = _loop.Add(this);
        Interlocked.MemoryBarrier();
        _loop.Watch(_key, _socket.SafeHandle);
    }

    /// <summary>Passes it on to another who serves it.</summary>
    public void PassTo(IConnectionHandler handler)
    {
        _handler = handler;
        Tell(handler);
    }

    /// <summary>Tells one who has just begun to listen of what was told before, perhaps to it already.</summary>
    public void Tell(IConnectionHandler handler)
    {
        // Whoever tells looks for who listens after it has set what it tells of.
        Interlocked.MemoryBarrier();
        if (IsInputEnded)
        {
            handler.OnInputEnded();
        }

        if (IsClosed)
        {
            handler.OnClosed();
        }
    }

    /// <summary>Takes what came.</summary>
    /// <returns>How many bytes; 0 at the end, -1 where nothing is there now.</returns>
    /// <exception cref="IOException">The connection is gone.</exception>
    public int Receive(Span<byte> into, SocketFlags flags = SocketFlags.None)
    {
        try
        {
            var count = _socket.Receive(into, flags, out var error);
            return error switch
            {
                SocketError.Success => count,
                SocketError.WouldBlock => -1,
                _ => throw Lost(error),
            };
        }
        catch (ObjectDisposedException)
        {
            throw Lost(SocketError.NotConnected);
        }
    }

    /// <summary>Sends what fits.</summary>
    /// <returns>How many bytes; -1 where the connection is gone.</returns>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var count = _socket.Send(bytes, SocketFlags.None, out var error);
            return error switch
            {
                SocketError.Success => count,
                SocketError.WouldBlock => 0,
                _ => -1,
            };
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    /// <summary>Waits until there may be something to receive. Between its call to <see cref="WatchReadable"/> and this one the caller has tried.</summary>
    public ValueTask WaitReadable() => _readable!.Wait();

    /// <summary>Waits until there may be room. Between its call to <see cref="WatchWritable"/> and this one the caller has tried.</summary>
    public ValueTask WaitWritable() => _writable!.Wait();

    /// <summary>From now on it is kept that bytes came.</summary>
    public Edge WatchReadable() => _readable ?? Interlocked.CompareExchange(ref _readable, new Edge(), null) ?? _readable;

    /// <summary>From now on it is kept that there is room.</summary>
    public Edge WatchWritable() => _writable ?? Interlocked.CompareExchange(ref _writable, new Edge(), null) ?? _writable;

    /// <summary>Called by the loop.</summary>
    public void OnEvents(Epoll.Events events)
    {
        if ((events & (Epoll.Events.Error | Epoll.Events.HungUp)) != 0)
        {
            Close();
            return;
        }

        if ((events & Epoll.Events.Writable) != 0)
        {
            Volatile.Read(ref _writable)?.Signal();
        }

        // Before anybody reads: who has read all and knows that no more comes finds the end there.
        var endsNow = (events & Epoll.Events.InputEnded) != 0 && Interlocked.Exchange(ref _isInputEnded, 1) == 0;
        if ((events & (Epoll.Events.Readable | Epoll.Events.InputEnded)) != 0)
        {
            Volatile.Read(ref _readable)?.Signal();
            _handler!.OnReadable();
        }

        if (endsNow)
        {
            _handler!.OnInputEnded();
        }
    }

    /// <summary>Called by the loop every few seconds.</summary>
    public void OnTurn()
    {
        // Its system answers nothing any more: neither what was sent nor TCP's keep-alive (RFC 9293, section 3.8.4).
        if (TcpInfo.Silence(_socket) > Owner.VanishedTimeout)
        {
            Close();
            return;
        }

        _handler?.OnTurn();
    }

    /// <summary>The node stops: ends it when what is under way is done.</summary>
    public void Stop() => _handler?.OnStopping();

    /// <summary>Something failed that nobody thought of: ends it.</summary>
    public void Fail(Exception exception)
    {
        Owner.Failed(exception);
        try
        {
            Close();
        }
        catch (Exception another)
        {
            Owner.Failed(another);
        }
    }

    /// <summary>Ends the connection at once, in both directions.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        _loop.Remove(_key);
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other side was first.
        }

        _socket.Dispose();
        Volatile.Read(ref _readable)?.Signal();
        Volatile.Read(ref _writable)?.Signal();
        _handler?.OnClosed();
    }

    private static IOException Lost(SocketError error) => new($"The connection is lost ({error}).");
}
