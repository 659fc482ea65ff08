using System.Buffers;
using System.IO.Pipelines;

namespace OrleansGateway.Http;

/// <summary>
/// Says that the input has ended only to who has seen all of it. The server refuses a body as cut off when the end comes
/// together with its last bytes, and looks at it no further.
/// </summary>
internal sealed class HalfClosedInput(PipeReader inner) : PipeReader
{
    private ReadOnlySequence<byte> _buffer;
    private long _seen = -1;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? new(Show(reading.Result)) : Wait(reading);

        async ValueTask<ReadResult> Wait(ValueTask<ReadResult> pending) => Show(await pending);
    }

    public override bool TryRead(out ReadResult result)
    {
        var isRead = inner.TryRead(out result);
        result = isRead ? Show(result) : result;
        return isRead;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen = examined.Equals(_buffer.End) ? _buffer.Slice(consumed).Length : -1;
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private ReadResult Show(in ReadResult read)
    {
        _buffer = read.Buffer;
        return read.IsCompleted && read.Buffer.Length > Math.Max(_seen, 0) ? new ReadResult(read.Buffer, read.IsCanceled, isCompleted: false) : read;
    }
}
