using System.Buffers;
using System.IO.Pipelines;

namespace OrleansGateway.Numbers;

/// <summary>
/// Splits a stream into lines that end with <c>\n</c> or <c>\r\n</c>, in bounded memory. What follows the last
/// terminator when the stream ends is no line: its sender died in the middle of it.
/// </summary>
/// <remarks>For one reader at a time. Disposing it disposes the stream.</remarks>
public sealed class LineReader : IAsyncDisposable
{
    /// <summary>The default limit: 4096 bytes a line, terminator not counted.</summary>
    public const int DefaultMaxLineBytes = 4096;

    private readonly PipeReader _pipe;
    private readonly int _maxLineBytes;

    // What the pipe handed out and no line has taken yet; the pipe has it back while _holding is false.
    private ReadOnlySequence<byte> _buffer;
    private bool _holding;
    private bool _ended;
    private bool _skipping;

    /// <summary>Reads lines from a stream.</summary>
    /// <param name="stream">Where the bytes come from, split in any way.</param>
    /// <param name="maxLineBytes">The longest line that is handed out, in bytes without its terminator; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLineBytes"/> is less than 1.</exception>
    public LineReader(Stream stream, int maxLineBytes = DefaultMaxLineBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLineBytes, 1);
        _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(useZeroByteReads: true));
        _maxLineBytes = maxLineBytes;
    }

    /// <summary>Takes a line that has already been received, without waiting for more.</summary>
    /// <param name="line">The line.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryRead(out Line line)
    {
        while (_buffer.PositionOf((byte)'\n') is { } end)
        {
            var content = WithoutCarriageReturn(_buffer.Slice(0, end));
            _buffer = _buffer.Slice(_buffer.GetPosition(1, end));
            if (_skipping)
            {
                _skipping = false;
                continue;
            }

            line = content.Length > _maxLineBytes ? Line.Oversized : new Line(content.ToArray());
            return true;
        }

        var startsToSkip = !_skipping && IsTooLong(_buffer);
        if (startsToSkip || _skipping)
        {
            _skipping = true;
            _buffer = _buffer.Slice(_buffer.End);
        }

        line = startsToSkip ? Line.Oversized : default;
        return startsToSkip;
    }

    /// <summary>Waits for the next line. One that is longer than the limit is reported as soon as that is known, once, and skipped to its end.</summary>
    /// <param name="cancellationToken">Ends the wait; nothing is lost by it, the next call goes on.</param>
    /// <returns>The line, or null at the end of the stream.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="IOException">The stream failed. Lines that were received before have been handed out.</exception>
    public async ValueTask<Line?> ReadAsync(CancellationToken cancellationToken = default)
    {
        Line line;
        while (!TryRead(out line))
        {
            if (_ended)
            {
                return null;
            }

            await FillAsync(cancellationToken);
        }

        return line;
    }

    /// <summary>Closes the stream.</summary>
    public ValueTask DisposeAsync()
    {
        _buffer = default;
        _holding = false;
        _ended = true;
        return _pipe.CompleteAsync();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_holding)
        {
            var (start, end) = (_buffer.Start, _buffer.End);
            _buffer = default;
            _holding = false;
            _pipe.AdvanceTo(start, end);
        }

        var result = await _pipe.ReadAsync(cancellationToken);
        _buffer = result.Buffer;
        _holding = true;
        _ended = result.IsCompleted;
    }

    // One byte more than the limit may still be the \r of a line that just fits.
    private bool IsTooLong(in ReadOnlySequence<byte> unterminated) =>
        unterminated.Length > _maxLineBytes && WithoutCarriageReturn(unterminated).Length > _maxLineBytes;

    private static ReadOnlySequence<byte> WithoutCarriageReturn(in ReadOnlySequence<byte> content)
    {
        if (content.IsEmpty)
        {
            return content;
        }

        var last = content.Slice(content.Length - 1);
        return last.FirstSpan[0] == (byte)'\r' ? content.Slice(0, last.Start) : content;
    }
}
