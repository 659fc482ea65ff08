using System.Net.Sockets;

namespace OrleansGateway.Connections;

/// <summary>Reads from a connection, first what was read of it before. An empty read waits until there is something.</summary>
internal sealed class SocketStream(ClientConnection connection, ReadOnlyMemory<byte> before = default) : Stream
{
    private ReadOnlyMemory<byte> _before = before;

    /// <summary>The way back, for one writer.</summary>
    public SocketOutput CreateOutput() => new(connection);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_before.IsEmpty)
        {
            var count = Math.Min(buffer.Length, _before.Length);
            _before[..count].CopyTo(buffer);
            _before = count == _before.Length ? default : _before[count..];
            return new(count);
        }

        var read = TryRead(buffer.Span);
        return read >= 0 ? new(read) : Wait(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int TryRead(Span<byte> into) => !into.IsEmpty ? connection.Receive(into)
        : connection.Receive(stackalloc byte[1], SocketFlags.Peek) >= 0 ? 0 : -1;

    private async ValueTask<int> Wait(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var readable = connection.WatchReadable();
        using var canceled = cancellationToken.UnsafeRegister(static x => ((Edge)x!).Signal(), readable);
        while (true)
        {
            var read = TryRead(buffer.Span);
            if (read >= 0)
            {
                return read;
            }

            cancellationToken.ThrowIfCancellationRequested();
            await connection.WaitReadable();
        }
    }
}
