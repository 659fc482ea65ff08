using System.Buffers;

namespace OrleansGateway.Cli.Subscribing;

/// <summary>How it goes on after a line of the stream.</summary>
internal enum StreamStep
{
    GoOn,

    /// <summary>The node lets its clients go: another one goes on.</summary>
    Reconnect,

    /// <summary>There is nothing more to come, or to print.</summary>
    Finish,
}

/// <summary>Prints what comes of a stream. What it was given is printed at the latest by <see cref="Flush"/>.</summary>
/// <param name="asJson">Whether as the objects that came, rather than as the messages' bytes.</param>
/// <param name="count">How many messages to print; null for no end.</param>
/// <param name="write">Where it is printed; false when nobody reads any more.</param>
/// <param name="warn">What is said of that which is no message.</param>
internal sealed class MessagePrinter(bool asJson, long? count, Func<ReadOnlySpan<byte>, bool> write, Action<string> warn)
{
    private const int KeptBytes = 1024 * 1024;

    private ArrayBufferWriter<byte> _output = new();
    private long _printed;

    /// <summary>The id from which the stream resumes after what was taken; null before the first.</summary>
    public string? LastId { get; private set; }

    /// <summary>Takes a line of the form <c>json</c>, without its end.</summary>
    /// <exception cref="System.Text.Json.JsonException">It is none.</exception>
    public StreamStep Take(ReadOnlySpan<byte> line)
    {
        var read = StreamEvent.Read(line, asJson ? null : _output);
        LastId = read.Id ?? LastId;
        switch (read.Kind)
        {
            case StreamEventKind.Message:
                Line(line);
                return ++_printed == count ? StreamStep.Finish : StreamStep.GoOn;
            case StreamEventKind.Gap:
                warn(read.Missed is { } missed
                    ? $"gap in {read.Channel}: {missed} {(missed == 1 ? "message is" : "messages are")} no longer kept (after {read.After})"
                    : $"gap in {read.Channel}: what came after {read.After} is no longer kept, and how much that was is not known");
                LineOfJson(line);
                return StreamStep.GoOn;
            case StreamEventKind.End when read.Reason == "deleted":
                warn($"{read.Channel} was deleted");
                LineOfJson(line);
                return StreamStep.Finish;
            case StreamEventKind.End:
                return StreamStep.Reconnect;
            default:
                return StreamStep.GoOn;
        }
    }

    /// <summary>Prints all that it was given. False when nobody reads any more.</summary>
    public bool Flush()
    {
        if (_output.WrittenCount == 0)
        {
            return true;
        }

        var read = write(_output.WrittenSpan);
        if (_output.Capacity > KeptBytes)
        {
            _output = new ArrayBufferWriter<byte>();
        }

        _output.ResetWrittenCount();
        return read;
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        if (asJson)
        {
            _output.Write(line);
        }

        _output.Write("\n"u8);
    }

    private void LineOfJson(ReadOnlySpan<byte> line)
    {
        if (asJson)
        {
            Line(line);
        }
    }
}
