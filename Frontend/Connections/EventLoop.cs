using System.Runtime.InteropServices;
using OrleansGateway.Publishing;

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
    private int _tick;
    private int _turn;
    private int _turnEnd;
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

    /// <summary>Gives a connection its place.</summary>
    /// <returns>The key by which it is watched and removed; never 0.</returns>
    public ulong Add(ClientConnection connection)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var index))
            {
                index = _used++;
                if (index == _places.Length)
                {
                    Array.Resize(ref _places, 2 * _places.Length);
                }

                _places[index].Generation = 1;
            }

            ref var place = ref _places[index];
            place.Connection = connection;
            return ((ulong)place.Generation << 32) | (uint)index;
        }
    }

    /// <summary>Tells it from now on what happens to its socket; perhaps before this returns.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The system has no room for another.</exception>
    public void Watch(ulong key, SafeHandle socket) => _epoll.Watch(socket, key);

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
        SendLater.Begin();
        Span<(ulong Key, Epoll.Events Events)> found = stackalloc (ulong, Epoll.Events)[MaxEvents];
        var nextTick = Environment.TickCount64 + TickMs;
        while (!_over)
        {
            // Looking at a connection costs a system call: so a few at a time, between what happens.
            var isLooking = _turn < _turnEnd;
            var left = isLooking ? 0 : nextTick - Environment.TickCount64;
            foreach (var (key, events) in found[..epoll.Wait(found, (int)Math.Clamp(left, 0, TickMs))])
            {
                if (Find(key) is { } connection)
                {
                    Guard(connection, events);
                }
            }

            LookAtSome();
            SendLater.Send();
            if (!isLooking && Environment.TickCount64 >= nextTick)
            {
                nextTick = Environment.TickCount64 + TickMs;
                _turn = _tick++ % ClientConnection.TicksATurn;
                _turnEnd = Volatile.Read(ref _used);
            }
        }
    }

    // Each connection has its turn once in some seconds.
    private void LookAtSome()
    {
        for (var count = 0; count < MaxEvents && _turn < _turnEnd; count++, _turn += ClientConnection.TicksATurn)
        {
            ClientConnection? connection;
            lock (_lock)
            {
                connection = _places[_turn].Connection;
            }

            if (connection is not null)
            {
                Guard(connection, null);
            }
        }
    }

    // One that fails takes nobody else with it.
    private static void Guard(ClientConnection connection, Epoll.Events? events)
    {
        try
        {
            if (events is { } happened)
            {
                connection.OnEvents(happened);
            }
            else
            {
                connection.OnTurn();
            }
        }
        catch (Exception exception)
        {
            connection.Fail(exception);
        }
    }

    private ClientConnection? Find(ulong key)
    {
        lock (_lock)
        {
            return _places[(int)(uint)key] is var place && place.Generation == (uint)(key >> 32) ? place.Connection : null;
        }
    }

    private struct Place
    {
        public ClientConnection? Connection;
        public uint Generation;
    }
}
