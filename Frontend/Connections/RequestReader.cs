using System.Buffers;
using System.Text;
using OrleansGateway.Channels;
using OrleansGateway.Http;
using OrleansGateway.Publishing;

namespace OrleansGateway.Connections;

/// <summary>
/// Serves a connection's plain requests (<see cref="RequestHead"/>), one after the other: publishes at once, and subscriptions by the same
/// endpoints as everybody's. With the first request that is not plain the connection goes to the web server for good.
/// </summary>
internal sealed class RequestReader(ClientConnection connection, RequestServices services) : IConnectionHandler, IPublishWaiter
{
    // Larger messages are the web server's.
    private const int MaxRequest = 32 * 1024;

    private const int Idle = 0;
    private const int Busy = 1;
    private const int BusyAndMore = 2;

    // As long as the web server waits for the next request of a connection, and how long a request may be half there before that one takes over.
    private const int TurnsUntilIdleEnds = 130 / ClientConnection.TicksATurn;
    private const int TurnsUntilIncompleteGoes = 2;

    [ThreadStatic]
    private static byte[]? t_buffer;

    private int _state;
    private int _turns;
    private byte[]? _rest;
    private int _restLength;
    private bool _isMoreThere;
    private bool _answersJson;
    private string _channel = string.Empty;
    private IConnectionHandler? _exchange;

    public void OnReadable()
    {
        while (true)
        {
            if (Interlocked.CompareExchange(ref _state, Busy, Idle) == Idle)
            {
                Read();
                return;
            }

            // Whoever is busy with the connection looks again when it is done, unless that was just now.
            if (Interlocked.CompareExchange(ref _state, BusyAndMore, Busy) != Idle)
            {
                return;
            }
        }
    }

    public void OnInputEnded() => Volatile.Read(ref _exchange)?.OnInputEnded();

    public void OnClosed() => Volatile.Read(ref _exchange)?.OnClosed();

    public void OnTurn()
    {
        var turns = Interlocked.Increment(ref _turns);
        if (turns >= TurnsUntilIncompleteGoes && Interlocked.CompareExchange(ref _state, Busy, Idle) == Idle)
        {
            if (_restLength > 0)
            {
                // It has rules for those that take their time.
                PassOn(TakeRest());
            }
            else if (turns >= TurnsUntilIdleEnds || services.IsStopping)
            {
                connection.Close();
            }
            else if (!TryRelease())
            {
                Read();
            }
        }
    }

    // What is under way ends it.
    public void OnStopping()
    {
        if (Interlocked.CompareExchange(ref _state, Busy, Idle) == Idle)
        {
            connection.Close();
        }
    }

    /// <summary>A request was answered.</summary>
    /// <param name="goesOn">Whether the next may follow.</param>
    public void Done(bool goesOn)
    {
        Volatile.Write(ref _exchange, null);
        if (!TryRest(goesOn))
        {
            GoOn(goesOn);
        }
    }

    /// <summary>Leaves the connection to who hears next of something.</summary>
    /// <returns>False where there is something to do already.</returns>
    private bool TryRest(bool goesOn) =>
        goesOn && !services.IsStopping && _restLength == 0 && !_isMoreThere && !connection.IsInputEnded && TryRelease();

    private void GoOn(bool goesOn)
    {
        if (goesOn && !services.IsStopping)
        {
            Read();
        }
        else
        {
            connection.Close();
        }
    }

    /// <summary>Lets the next who hears of something read.</summary>
    /// <returns>False where somebody heard of something meanwhile.</returns>
    private bool TryRelease()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Busy) == Busy)
        {
            return true;
        }

        Volatile.Write(ref _state, Busy);
        return false;
    }

    /// <summary>Reads and serves until there is nothing more, or somebody is busy with a request.</summary>
    private void Read()
    {
        try
        {
            while (ReadOne() ?? !TryRelease())
            {
            }
        }
        catch (IOException)
        {
            connection.Close();
        }
    }

    /// <summary>Reads and begins a request.</summary>
    /// <returns>Whether to look at once for another; null where it did not come yet.</returns>
    private bool? ReadOne()
    {
        var buffer = t_buffer ??= new byte[MaxRequest];
        var length = _restLength;
        _rest.AsSpan(0, length).CopyTo(buffer);
        DropRest();
        var isOver = false;
        while (true)
        {
            if (length > 0 && Serve(buffer, length) is { } next)
            {
                return next;
            }

            if (isOver || length == buffer.Length)
            {
                PassOn(buffer.AsSpan(0, length).ToArray());
                return false;
            }

            var count = connection.Receive(buffer.AsSpan(length));
            _isMoreThere = count == buffer.Length - length;
            if (count == 0 && length == 0)
            {
                connection.Close();
                return false;
            }

            isOver = count == 0;
            if (count < 0)
            {
                KeepRest(buffer.AsSpan(0, length));
                return null;
            }

            _turns = 0;
            length += count;
        }
    }

    /// <summary>Serves the request at the beginning of what was read.</summary>
    /// <returns>Whether to look at once for another; null where it is not whole.</returns>
    private bool? Serve(byte[] buffer, int length)
    {
        var bytes = buffer.AsSpan(0, length);
        var reading = RequestHead.Read(bytes, out var head);
        var whole = head.Length + Math.Max(head.ContentLength, 0);
        if (reading == HeadReading.Incomplete || (reading == HeadReading.Plain && whole > length && whole <= buffer.Length))
        {
            return null;
        }

        if (reading == HeadReading.NotPlain || whole > buffer.Length || !services.IsOn)
        {
            PassOn(bytes.ToArray());
            return false;
        }

        if (!head.IsGet)
        {
            return Publish(head, bytes, whole);
        }

        // Looking at what it asks for takes longer than others should wait.
        var exchange = new Exchange(connection, this, services, bytes.ToArray(), head);
        ThreadPool.UnsafeQueueUserWorkItem(exchange, preferLocal: false);
        return false;
    }

    private bool Publish(in RequestHead head, ReadOnlySpan<byte> bytes, int whole)
    {
        if (!IsChannel(head.Path) && !FindChannel(head.Path))
        {
            PassOn(bytes.ToArray());
            return false;
        }

        if (PublishRequests.Read(head, bytes[head.Length..whole], services.Options.CurrentValue, out _answersJson) is not { } publication)
        {
            PassOn(bytes.ToArray());
            return false;
        }

        KeepRest(bytes[whole..]);
        services.Publisher.Publish(_channel, publication, this);
        return false;
    }

    /// <summary>Answers a publish. It may not wait, nor go on reading: others wait for their answers.</summary>
    void IPublishWaiter.Answered(in PublishResult result, Problem? problem)
    {
        Span<byte> answer = stackalloc byte[PublishAnswer.MaxPlainBytes];
        if (problem is null && !_answersJson)
        {
            answer = answer[..PublishAnswer.WritePlain(answer, result)];
        }
        else
        {
            answer = problem is null ? PublishAnswer.Json(_channel, result) : PublishAnswer.Of(problem);
        }

        var sent = connection.Send(answer);
        if (sent < answer.Length && sent >= 0)
        {
            // Who sends requests and takes no answers is waited for elsewhere.
            _ = SendRest(answer[sent..].ToArray());
        }
        else if (!TryRest(goesOn: sent >= 0))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static x => x.Reader.GoOn(x.GoesOn), (Reader: this, GoesOn: sent >= 0), preferLocal: false);
        }
    }

    private async Task SendRest(ReadOnlyMemory<byte> rest) => Done(goesOn: !(await new SocketOutput(connection).WriteAsync(rest).ConfigureAwait(false)).IsCompleted);

    // Most connections publish to one channel.
    private bool IsChannel(ReadOnlySpan<byte> path) => _channel.Length == path.Length - 1 && Ascii.Equals(path[1..], _channel);

    private bool FindChannel(ReadOnlySpan<byte> path)
    {
        Span<char> text = stackalloc char[path.Length];
        _ = Ascii.ToUtf16(path, text, out _);
        return RequestPath.ReadName(text, out _channel) is null && !ChannelName.IsReadOnly(_channel);
    }

    /// <summary>Serves it on as an exchange until that is done.</summary>
    public void Attach(IConnectionHandler exchange)
    {
        Volatile.Write(ref _exchange, exchange);
        if (connection.IsInputEnded)
        {
            exchange.OnInputEnded();
        }

        if (connection.IsClosed)
        {
            exchange.OnClosed();
        }
    }

    /// <summary>Gives the connection to the web server, with what was read of it.</summary>
    public void PassOn(byte[] read) => services.ToKestrel(connection, read);

    /// <summary>Takes what was read beyond a request that is about to be done.</summary>
    public void TakeBack(ReadOnlySpan<byte> rest) => KeepRest(rest);

    private void KeepRest(ReadOnlySpan<byte> rest)
    {
        if (!rest.IsEmpty)
        {
            _rest = ArrayPool<byte>.Shared.Rent(rest.Length);
            rest.CopyTo(_rest);
        }

        _restLength = rest.Length;
    }

    private byte[] TakeRest()
    {
        var rest = _rest.AsSpan(0, _restLength).ToArray();
        DropRest();
        return rest;
    }

    private void DropRest()
    {
        if (_rest is { } rest)
        {
            ArrayPool<byte>.Shared.Return(rest);
            (_rest, _restLength) = (null, 0);
        }
    }
}
