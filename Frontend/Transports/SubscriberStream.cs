using OrleansGateway.Relays;

namespace OrleansGateway.Transports;

/// <summary>What a <see cref="System.Net.WebSockets.WebSocket"/> sees of the connection: it reads from it, and its own frames (pong, ping, close) go out between the subscriber's.</summary>
internal sealed class SubscriberStream(Stream inner, Subscriber subscriber) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>

        // A copy: after a cancellation the caller's buffer is its own again.
        new(subscriber.SendControl(buffer.ToArray()).WaitAsync(cancellationToken));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>The WebSocket is over: closed on both sides, or given up since its pings are not answered, which only this tells.</summary>
    protected override void Dispose(bool disposing)
    {
        subscriber.End(EndReason.Gone);
        base.Dispose(disposing);
    }
}
