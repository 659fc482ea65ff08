using System.Runtime.InteropServices;

namespace OrleansGateway.Connections;

/// <summary>
/// One thread that tells many connections what happens to their sockets. What it calls may not wait: it takes what came, and sends what fits.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const int MaxEvents = 256;
    private const int TickMs = 1000;

    private readonly Epoll _epoll = new();
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = [];
    private Place[] _places = new Place[64];
    private int _used;
    private volatile bool _over;

    public EventLoop(int number)
    {
        new Thread(Run) { Name = $"connections {number}", IsBackground = true }.Start();
    }

    /// <summary>The connections that there are.</summary>
    public IReadOnlyList<ClientConnection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _places.Take(_used).Select(x => x.Connection).OfType<ClientConnection>()];
            }
        }
    }

    /// <summary>Tells a connection from now on what happens to its socket.</summary>
    /// <returns>What <see cref="Remove"/> needs.</returns>
    public ulong Add(ClientConnection connection, SafeHandle socket)
    {
        ulong key;
        lock (_lock)
        {
            if (!_free.TryPop(out var index))
            {
                index = _used++;
                if (index == _places.Length)
                {
                    Array.Resize(ref _places, 2 * _places.Length);
                }
            }

            ref var place = ref _places[index];
            place.Connection = connection;
            key = ((ulong)place.Generation << 32) | (uint)index;
        }

        _epoll.Watch(socket, key);
        return key;
    }

    /// <summary>Forgets a connection.</summary>
    public void Remove(ulong key)
    {
        lock (_lock)
        {
            var index = (int)(uint)key;
            ref var place = ref _places[index];
            if (place.Generation == (uint)(key >> 32) && place.Connection is not null)
            {
                // What was found for it and not yet told is for nobody.
                place = new Place { Generation = place.Generation + 1 };
                _free.Push(index);
            }
        }
    }

    /// <summary>Ends it, with its next turn.</summary>
    public void Dispose() => _over = true;

    private void Run()
    {
        using var epoll = _epoll;
        Span<(ulong Key, Epoll.Events Events)> found = stackalloc (ulong, Epoll.Events)[MaxEvents];
        var nextTick = Environment.TickCount64 + TickMs;
        for (var tick = 0; !_over;)
        {
            var left = nextTick - Environment.TickCount64;
            foreach (var (key, events) in found[.._epoll.Wait(found, (int)Math.Clamp(left, 0, TickMs))])
            {
                Find(key)?.OnEvents(events);
            }

            if (Environment.TickCount64 >= nextTick)
            {
                nextTick = Environment.TickCount64 + TickMs;
                Tick(tick++);
            }
        }
    }

    private ClientConnection? Find(ulong key)
    {
        lock (_lock)
        {
            return _places[(int)(uint)key] is var place && place.Generation == (uint)(key >> 32) ? place.Connection : null;
        }
    }

    // Each connection has its turn once in some seconds: looking at one costs a system call.
    private void Tick(int tick)
    {
        for (var index = tick % ClientConnection.TicksATurn; index < Volatile.Read(ref _used); index += ClientConnection.TicksATurn)
        {
            ClientConnection? connection;
            lock (_lock)
            {
                connection = _places[index].Connection;
            }

            connection?.OnTurn();
        }
    }

    private struct Place
    {
        public ClientConnection? Connection;
        public uint Generation;
    }
}
