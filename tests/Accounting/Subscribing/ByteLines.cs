namespace OrleansGateway.Tests.Accounting.Subscribing;

/// <summary>Reads a stream by lines and by counts. A line that the end of the stream cuts off is none: its message was not delivered.</summary>
/// <param name="stream">What is read.</param>
/// <param name="read">Called whenever something came, so that whoever waits knows that the other side is there.</param>
internal sealed class ByteLines(Stream stream, Action read)
{
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <returns>A line without its end (which a <c>\r</c> may be part of), valid until the next read; null at the end of the stream.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> Line(CancellationToken cancellationToken)
    {
        var searched = 0;
        while (true)
        {
            var at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + at);
                _start += searched + at + 1;
                return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
            }

            searched = _end - _start;
            if (!await More(cancellationToken))
            {
                return null;
            }
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>?> Bytes(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count)
        {
            if (!await More(cancellationToken))
            {
                return null;
            }
        }

        _start += count;
        return _buffer.AsMemory(_start - count, count);
    }

    private async ValueTask<bool> More(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        read();
        _end += count;
        return count > 0;
    }
}
