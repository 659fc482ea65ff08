using System.Buffers;

namespace OrleansGateway.Cli.Publishing;

/// <summary>The lines that were taken and have no answer yet, in their order; some of them are sent on the present connection.</summary>
/// <param name="key">What the idempotency keys begin with: no other run has it.</param>
/// <param name="type">The content type; null leaves it to the node.</param>
internal sealed class UnacknowledgedLines(string key, string? type)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Line> _lines = new();
    private readonly ArrayBufferWriter<byte> _text = new();
    private LinkedListNode<Line>? _next;
    private TaskCompletionSource? _room;
    private long _taken;
    private int _sent;
    private long _bytes;

    // Until that line, one at a time: one of them is too big, and the node does not say which.
    private long _carefulUntil;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>How many bytes of them are sent on the present connection.</summary>
    public long BytesUnderWay
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>The number of the first of them.</summary>
    public long First
    {
        get
        {
            lock (_lock)
            {
                return _lines.First?.Value.Number ?? _taken + 1;
            }
        }
    }

    /// <summary>Whether one more may be sent.</summary>
    public bool HasRoom(int lines, int bytes)
    {
        lock (_lock)
        {
            return Room(lines, bytes);
        }
    }

    /// <summary>Waits for an answer.</summary>
    public Task WaitForRoom()
    {
        lock (_lock)
        {
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Takes a line and counts it as sent.</summary>
    /// <returns>What is sent.</returns>
    public ReadOnlyMemory<byte> Add(in ReadOnlySequence<byte> line)
    {
        lock (_lock)
        {
            _taken++;
            _text.ResetWrittenCount();
            PublishJson.WriteLine(_text, line.IsSingleSegment ? line.FirstSpan : line.ToArray(), type, $"{key}-{_taken}", _taken);
            var text = _text.WrittenSpan.ToArray();
            _lines.AddLast(new Line(_taken, text));
            _sent++;
            _bytes += text.Length;
            return text;
        }
    }

    /// <summary>The connection is a new one: nothing is sent yet.</summary>
    public void SendAgain()
    {
        lock (_lock)
        {
            (_next, _sent, _bytes) = (_lines.First, 0, 0);
        }
    }

    /// <summary>The next that was sent before, but not on this connection; it counts as sent then.</summary>
    public ReadOnlyMemory<byte>? TryNext()
    {
        lock (_lock)
        {
            if (_next is not { } line)
            {
                return null;
            }

            _next = line.Next;
            _sent++;
            _bytes += line.Value.Text.Length;
            return line.Value.Text;
        }
    }

    /// <summary>The first has its answer.</summary>
    public void Answered()
    {
        lock (_lock)
        {
            _bytes -= _lines.First!.Value.Text.Length;
            _lines.RemoveFirst();
            _sent--;
            _room?.TrySetResult();
            _room = null;
        }
    }

    /// <summary>
    /// The node closed since a line is too big: it is the one that was alone under way, or from here on each is.
    /// </summary>
    /// <returns>The number of the line, which is given up; null while it is not known.</returns>
    public long? FoundTooBig()
    {
        lock (_lock)
        {
            if (_sent != 1 || _lines.First is not { } first)
            {
                _carefulUntil = _taken;
                return null;
            }

            _lines.RemoveFirst();
            return first.Value.Number;
        }
    }

    /// <summary>Which they are, where there are some, in words that a verb may follow.</summary>
    public string Describe()
    {
        lock (_lock)
        {
            var (first, last) = (_lines.First!.Value.Number, _lines.Last!.Value.Number);
            return first == last ? $"line {first} was" : $"lines {first} to {last} were";
        }
    }

    private bool Room(int lines, int bytes) =>
        _lines.First is { } first && first.Value.Number <= _carefulUntil ? _sent == 0 : _sent < lines && _bytes < bytes;

    private sealed record Line(long Number, byte[] Text);
}
