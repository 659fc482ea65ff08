using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;

namespace OrleansGateway.Connections;

/// <summary>
/// Writes to a connection without a pipe between: what is flushed goes to the socket at once. Only between writing and flushing, and
/// where the socket is full, does it hold a buffer.
/// </summary>
internal sealed class SocketOutput(ClientConnection connection) : PipeWriter
{
    // A chunk's size in hexadecimal and a line's end go before its bytes.
    private const int ChunkHead = 10;
    private const int LineEnd = 2;
    private const int MinBuffer = 4096;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _isCanceled;
    private bool _isCompleted;
    private bool _isFramed;
    private bool _isFlushing;

    /// <summary>Whether each flush is one chunk (RFC 9112, section 7.1).</summary>
    public bool IsChunked { get; set; }

    /// <summary>Whether the client has yet to take what was flushed.</summary>
    public bool IsFlushing => Volatile.Read(ref _isFlushing);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _end - _start;

    public override Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).AsSpan(_end..^LineEnd);

    public override Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).AsMemory(_end..^LineEnd);

    public override void Advance(int bytes) => _end += bytes;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_isFlushing)
        {
            throw new InvalidOperationException("A flush is under way: one at a time.");
        }

        if (_end == _start)
        {
            return new(new FlushResult(isCanceled: false, isCompleted: connection.IsClosed));
        }

        if (IsChunked && !_isFramed)
        {
            Frame();
        }

        return TrySend() is { } isThere ? new(Result(isThere)) : SendRest(cancellationToken);
    }

    public override void CancelPendingFlush()
    {
        Volatile.Write(ref _isCanceled, 1);
        connection.WatchWritable().Signal();
    }

    public override void Complete(Exception? exception = null)
    {
        _isCompleted = true;
        if (!_isFlushing)
        {
            LetGo();
        }
    }

    /// <summary>Sends what fits.</summary>
    /// <returns>Whether the client is there, or null where something is left.</returns>
    private bool? TrySend()
    {
        while (_start < _end)
        {
            switch (connection.Send(_buffer.AsSpan(_start.._end)))
            {
                case < 0:
                    return false;
                case 0:
                    return null;
                case var sent:
                    _start += sent;
                    break;
            }
        }

        return true;
    }

    private async ValueTask<FlushResult> SendRest(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _isFlushing, true);
        try
        {
            var writable = connection.WatchWritable();
            using var canceled = cancellationToken.UnsafeRegister(static x => ((Edge)x!).Signal(), writable);
            while (true)
            {
                if (TrySend() is { } isThere)
                {
                    return Result(isThere);
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (Interlocked.Exchange(ref _isCanceled, 0) != 0)
                {
                    return new FlushResult(isCanceled: true, isCompleted: false);
                }

                await connection.WaitWritable();
            }
        }
        finally
        {
            Volatile.Write(ref _isFlushing, false);
        }
    }

    private void LetGo()
    {
        if (_buffer is { } buffer)
        {
            (_buffer, _start, _end, _isFramed) = (null, 0, 0, false);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private FlushResult Result(bool isThere)
    {
        LetGo();
        return new FlushResult(isCanceled: Interlocked.Exchange(ref _isCanceled, 0) != 0, isCompleted: !isThere);
    }

    private byte[] Room(int sizeHint)
    {
        ObjectDisposedException.ThrowIf(_isCompleted, this);
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(MinBuffer, sizeHint + ChunkHead + LineEnd));
            _start = _end = IsChunked ? ChunkHead : 0;
        }
        else if (_buffer.Length - _end < Math.Max(sizeHint, 1) + LineEnd)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _buffer.Length, _end + sizeHint + LineEnd));
            _buffer.AsSpan(_start.._end).CopyTo(larger.AsSpan(_start));
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer;
    }

    private void Frame()
    {
        _isFramed = true;
        var length = _end - _start;
        Span<byte> size = stackalloc byte[8];
        _ = Utf8Formatter.TryFormat(length, size, out var digits, 'x');
        "\r\n"u8.CopyTo(_buffer.AsSpan(_end));
        _end += LineEnd;
        _start -= digits + LineEnd;
        size[..digits].CopyTo(_buffer.AsSpan(_start));
        "\r\n"u8.CopyTo(_buffer.AsSpan(_start + digits));
    }
}
