using System.Buffers;
using System.IO.Pipelines;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Publishing;

/// <summary>The lines of a stream, as bytes and without their ends, whatever they are.</summary>
internal sealed class LineInput(Stream input)
{
    // No node takes so much, and it is held in memory.
    private const int LongestLine = 64 * 1024 * 1024;

    private readonly PipeReader _reader = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));

    // A read may end at any time, also when whoever began it no longer waits.
    private readonly Lock _lock = new();
    private ReadOnlySequence<byte> _buffer;
    private Task? _reading;
    private bool _read;
    private bool _ended;

    /// <summary>How many bytes were taken.</summary>
    public long Taken { get; private set; }

    /// <summary>Whether there is no more line, and never will be.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
            {
                return _ended && _buffer.IsEmpty;
            }
        }
    }

    /// <summary>Whether something is there to take, if only the beginning of a line.</summary>
    public bool HasMore
    {
        get
        {
            lock (_lock)
            {
                return !_buffer.IsEmpty;
            }
        }
    }

    /// <summary>Why it is over before the end of the stream, in one line; null where it is not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Takes a line that is there already; it is valid until the next wait.</summary>
    public bool TryTake(out ReadOnlySequence<byte> line)
    {
        lock (_lock)
        {
            var reader = new SequenceReader<byte>(_buffer);
            if (reader.TryReadTo(out line, (byte)'\n'))
            {
                Taken += reader.Consumed;
                _buffer = _buffer.Slice(reader.Position);
                return true;
            }

            if (_ended && !_buffer.IsEmpty)
            {
                // A last line without an end.
                (line, _buffer) = (_buffer, default);
                Taken += line.Length;
                return true;
            }

            // What was read last is taken: the next wait is for more.
            _reading = _reading is { IsCompleted: true } ? null : _reading;
            return false;
        }
    }

    /// <summary>Waits for more to take, or for the end. It may be asked again while it waits, and by another than before: that is the same wait.</summary>
    public Task WaitAsync() => _reading ??= ReadAsync();

    private async Task ReadAsync()
    {
        lock (_lock)
        {
            if (_buffer.Length > LongestLine)
            {
                Fail($"a line is longer than {LongestLine} bytes; --file or --whole publish one large message");
                return;
            }

            if (_read)
            {
                _reader.AdvanceTo(_buffer.Start, _buffer.End);
                (_read, _buffer) = (false, default);
            }
        }

        try
        {
            var result = await _reader.ReadAsync();
            lock (_lock)
            {
                (_read, _buffer, _ended) = (true, result.Buffer, result.IsCompleted);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            lock (_lock)
            {
                Fail($"standard input can't be read: {GatewayConfiguration.InOneLine(exception)}");
            }
        }
    }

    // What was begun of a line is no line.
    private void Fail(string why) => (Failure, _ended, _buffer) = (why, true, default);
}
