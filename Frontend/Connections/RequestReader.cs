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
        _turns = 0;
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
        try
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
        catch (Exception exception)
        {
            connection.Fail(exception);
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
            while (!TakeRequest() && !TryRelease())
            {
            }
        }
        catch (IOException)
        {
            connection.Close();
        }
    }

    /// <summary>Reads a request, and begins to serve it.</summary>
    /// <returns>False where none came whole. Otherwise somebody is busy with it, or with the connection.</returns>
    private bool TakeRequest()
    {
        var buffer = t_buffer ??= new byte[MaxRequest];
        var length = _restLength;
        _rest.AsSpan(0, length).CopyTo(buffer);
        DropRest();
        var isOver = false;
        while (true)
        {
            if (length > 0 && TryServe(buffer, length))
            {
                return true;
            }

            if (isOver || length == buffer.Length)
            {
                PassOn(buffer.AsSpan(0, length).ToArray());
                return true;
            }

            var count = connection.Receive(buffer.AsSpan(length));
            _isMoreThere = count == buffer.Length - length;
            if (count == 0 && length == 0)
            {
                connection.Close();
                return true;
            }

            isOver = count == 0;
            if (count < 0)
            {
                KeepRest(buffer.AsSpan(0, length));
                return false;
            }

            // From the first byte of a request on.
            _turns = length == 0 ? 0 : _turns;
            length += count;
        }
    }

    /// <summary>Serves the request at the beginning of what was read, or gives it to who can.</summary>
    /// <returns>False where it is not whole.</returns>
    private bool TryServe(byte[] buffer, int length)
    {
        var bytes = buffer.AsSpan(0, length);
        var reading = RequestHead.Read(bytes, out var head);
        var whole = head.Length + Math.Max(head.ContentLength, 0);
        if (reading == HeadReading.Incomplete || (reading == HeadReading.Plain && whole > length && whole <= buffer.Length))
        {
            return false;
        }

        if (reading == HeadReading.NotPlain || whole > buffer.Length || !services.IsOn)
        {
            PassOn(bytes.ToArray());
        }
        else if (head.IsGet)
        {
            // Looking at what it asks for takes longer than others should wait.
            ThreadPool.UnsafeQueueUserWorkItem(new Exchange(connection, this, services, bytes.ToArray(), head), preferLocal: false);
        }
        else if ((IsChannel(head.Path) || FindChannel(head.Path))
            && PublishRequests.Read(head, bytes[head.Length..whole], services.Options.CurrentValue, out _answersJson) is { } publication)
        {
            KeepRest(bytes[whole..]);
            services.Publisher.Publish(_channel, publication, this);
        }
        else
        {
            PassOn(bytes.ToArray());
        }

        return true;
    }

    /// <summary>Answers a publish. It may not wait, nor go on reading: others wait for their answers.</summary>
    void IPublishWaiter.Answered(in PublishResult result, Problem? problem)
    {
        try
        {
            Answer(result, problem);
        }
        catch (Exception exception)
        {
            connection.Fail(exception);
        }
    }

    private void Answer(in PublishResult result, Problem? problem)
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
        connection.Tell(exchange);
    }

    /// <summary>Gives the connection to the web server, with what was read of it.</summary>
    public void PassOn(byte[] read) => connection.Owner.PassOn(connection, read);

    /// <summary>Keeps what was read beyond a request, for the next.</summary>
    public void KeepRest(ReadOnlySpan<byte> rest)
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
