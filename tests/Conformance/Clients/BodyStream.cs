using System.Globalization;

namespace OrleansGateway.Tests.Conformance.Clients;

/// <summary>How the end of a body is known.</summary>
internal enum BodyFraming
{
    Length,
    Chunked,
    ToTheEnd,
}

/// <summary>The body of an answer.</summary>
internal sealed class BodyStream(Connection connection, BodyFraming framing, long length) : Stream
{
    private long _left = length;
    private bool _over;
    private bool _inChunks;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (framing == BodyFraming.ToTheEnd)
        {
            return await connection.Read(buffer);
        }

        if (framing == BodyFraming.Chunked && _left == 0 && !_over)
        {
            if (_inChunks)
            {
                Assert.Equal(string.Empty, await connection.ReadLine());
            }

            _inChunks = true;
            _left = long.Parse(await connection.ReadLine(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (_left == 0)
            {
                _over = true;
                Assert.Equal(string.Empty, await connection.ReadLine());
            }
        }

        if (_left == 0)
        {
            return 0;
        }

        var count = await connection.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        _left -= count;
        return count > 0 ? count : throw new EndOfStreamException("The body was cut.");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
