using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using System.Text.Unicode;

namespace OrleansGateway.Transports;

/// <summary>
/// Reads what a WebSocket's client sends (RFC 6455, section 5), and takes nothing that the protocol does not allow: each rule is
/// checked with the first byte that breaks it, so that neither a length nor a text has to come whole before it is refused.
/// </summary>
/// <param name="input">The connection.</param>
/// <param name="answer">Sends a frame, the pong to a ping; reading waits for it, so who sends pings and takes no pongs is held up.</param>
internal sealed class WebSocketReader(PipeReader input, Func<ReadOnlyMemory<byte>, Task> answer)
{
    private const int MaxControlBytes = 125;
    private const int KeptBytes = 64 * 1024;

    private ArrayBufferWriter<byte> _message = new(256);
    private bool _isContinued;
    private int _validText;
    private long _frames;

    /// <summary>The last message; valid until the next is read.</summary>
    public ReadOnlyMemory<byte> Message => _message.WrittenMemory;

    /// <summary>Whether the last message is text.</summary>
    public bool IsText { get; private set; }

    /// <summary>Whether the client has sent its close frame.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>How many frames came so far.</summary>
    public long Frames => Volatile.Read(ref _frames);

    /// <summary>Reads the next message, and answers the pings before it.</summary>
    /// <param name="longest">The longest message, in bytes; asked for with each frame.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How to close, where the client closed or broke a rule; null where a message came.</returns>
    /// <exception cref="IOException">The client is gone.</exception>
    public async ValueTask<WebSocketClose?> Read(Func<long> longest, CancellationToken cancellationToken)
    {
        Begin();
        while (true)
        {
            var start = await Take(2, ReadStart, cancellationToken);
            if (Violation(start) is { } broken)
            {
                return broken;
            }

            var length = start.Length < 126 ? start.Length
                : start.Length == 126 ? await Take(2, static x => (long)BinaryPrimitives.ReadUInt16BigEndian(x), cancellationToken)
                : await Take(8, static x => BinaryPrimitives.ReadInt64BigEndian(x), cancellationToken);
            if (length < (start.Length switch { 126 => 126, 127 => 65_536, _ => 0 }))
            {
                return Protocol("A length is written in as few bytes as it needs, and below 2^63.");
            }

            if (start.Opcode is Opcode.Text or Opcode.Binary)
            {
                (IsText, _isContinued) = (start.Opcode == Opcode.Text, true);
            }

            if (!start.IsControl && longest() is var limit && _message.WrittenCount + length > limit)
            {
                return new(WebSocketCloseStatus.MessageTooBig, $"A message has at most {limit} bytes.");
            }

            var mask = await Take(4, static x => BinaryPrimitives.ReadUInt32LittleEndian(x), cancellationToken);
            Interlocked.Increment(ref _frames);
            if (start.IsControl)
            {
                if (await Control(start.Opcode, (int)length, mask, cancellationToken) is { } close)
                {
                    return close;
                }
            }
            else if (!await ReadPayload(length, mask, cancellationToken) || (start.IsFinal && IsText && _validText < _message.WrittenCount))
            {
                return new(WebSocketCloseStatus.InvalidPayloadData, "A text is UTF-8.");
            }
            else if (start.IsFinal)
            {
                _isContinued = false;
                return null;
            }
        }
    }

    /// <summary>Reads up to the connection's end and looks at nothing: a connection that ends with something unread is reset, and the client may not see why.</summary>
    public async Task Drain(CancellationToken cancellationToken)
    {
        while (await input.ReadAsync(cancellationToken) is var read && !read.IsCompleted)
        {
            input.AdvanceTo(read.Buffer.End);
        }
    }

    private static FrameStart ReadStart(ReadOnlySpan<byte> bytes) =>
        new((bytes[0] & 0x80) != 0, (bytes[0] & 0x70) != 0, (Opcode)(bytes[0] & 0xf), (bytes[1] & 0x80) != 0, bytes[1] & 0x7f);

    private static WebSocketClose Protocol(string rule) => new(WebSocketCloseStatus.ProtocolError, rule);

    // Those that an endpoint may send: of the protocol itself, registered (RFC 6455, section 11.7), or of libraries and applications.
    private static bool IsSent(int code) => code is (>= 1000 and <= 1014 and not (1004 or 1005 or 1006)) or (>= 3000 and <= 4999);

    private void Begin()
    {
        if (_message.Capacity > KeptBytes)
        {
            _message = new ArrayBufferWriter<byte>(256);
        }

        _message.ResetWrittenCount();
        _validText = 0;
    }

    private WebSocketClose? Violation(in FrameStart start) => start switch
    {
        { HasReserved: true } => Protocol("A reserved bit is set, and no extension was agreed on."),
        { Opcode: not (Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong) } => Protocol("This opcode is reserved."),
        { IsMasked: false } => Protocol("A client masks its frames."),
        { IsControl: true, IsFinal: false } => Protocol("A control frame is not fragmented."),
        { IsControl: true, Length: > MaxControlBytes } => Protocol("A control frame has at most 125 bytes."),
        { Opcode: Opcode.Continuation } when !_isContinued => Protocol("There is nothing to be continued."),
        { Opcode: Opcode.Text or Opcode.Binary } when _isContinued => Protocol("A message begins within another."),
        _ => null,
    };

    private async ValueTask<WebSocketClose?> Control(Opcode opcode, int length, uint mask, CancellationToken cancellationToken)
    {
        var payload = length == 0 ? [] : await Take(length, static x => x.ToArray(), cancellationToken);
        Unmask(payload, mask, 0);
        switch (opcode)
        {
            case Opcode.Ping:
                await answer(WebSocketFrame.Pong(payload)).WaitAsync(cancellationToken);
                return null;
            case Opcode.Close:
                IsClosed = true;
                return payload.Length switch
                {
                    0 => new(WebSocketCloseStatus.NormalClosure, string.Empty),
                    1 => Protocol("A close frame has a code of two bytes, or nothing."),
                    _ when BinaryPrimitives.ReadUInt16BigEndian(payload) is var code && !IsSent(code) => Protocol($"{code} is no code that is sent."),
                    _ when !Utf8.IsValid(payload.AsSpan(2)) => new(WebSocketCloseStatus.InvalidPayloadData, "A reason is UTF-8."),
                    _ => new((WebSocketCloseStatus)BinaryPrimitives.ReadUInt16BigEndian(payload), string.Empty),
                };
            default:
                return null;
        }
    }

    /// <summary>Reads a frame's payload as it comes.</summary>
    /// <returns>Whether it goes on as UTF-8 does, where it is text.</returns>
    private async ValueTask<bool> ReadPayload(long length, uint mask, CancellationToken cancellationToken)
    {
        for (long done = 0; done < length;)
        {
            var read = await input.ReadAtLeastAsync(1, cancellationToken);
            ThrowIfGone(read, 1);
            var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, length - done));
            foreach (var memory in part)
            {
                var piece = _message.GetSpan(memory.Length)[..memory.Length];
                memory.Span.CopyTo(piece);
                Unmask(piece, mask, done);
                _message.Advance(memory.Length);
                done += memory.Length;
            }

            input.AdvanceTo(part.End);
            if (IsText && !IsUtf8SoFar())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether all is UTF-8, but for a last character that may still become whole.</summary>
    private bool IsUtf8SoFar()
    {
        var rest = _message.WrittenSpan[_validText..];
        if (Utf8.IsValid(rest))
        {
            _validText = _message.WrittenCount;
            return true;
        }

        while (!rest.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(rest, out _, out var count);
            if (status != OperationStatus.Done)
            {
                return status == OperationStatus.NeedMoreData;
            }

            _validText += count;
            rest = rest[count..];
        }

        return true;
    }

    private static void Unmask(Span<byte> bytes, uint mask, long offset)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(mask >> (int)(8 * ((offset + i) & 3)));
        }
    }

    private async ValueTask<T> Take<T>(int count, Func<ReadOnlySpan<byte>, T> parse, CancellationToken cancellationToken)
    {
        var read = await input.ReadAtLeastAsync(count, cancellationToken);
        ThrowIfGone(read, count);
        var taken = Parse(read.Buffer.Slice(0, count), parse);
        input.AdvanceTo(read.Buffer.GetPosition(count));
        return taken;

        static T Parse(in ReadOnlySequence<byte> bytes, Func<ReadOnlySpan<byte>, T> parse)
        {
            Span<byte> whole = stackalloc byte[MaxControlBytes];
            whole = whole[..(int)bytes.Length];
            bytes.CopyTo(whole);
            return parse(whole);
        }
    }

    private static void ThrowIfGone(in ReadResult read, int count)
    {
        if (read.Buffer.Length < count)
        {
            throw new EndOfStreamException("The client is gone without a close frame.");
        }
    }

    private readonly record struct FrameStart(bool IsFinal, bool HasReserved, Opcode Opcode, bool IsMasked, int Length)
    {
        public bool IsControl => Opcode >= Opcode.Close;
    }

    private enum Opcode
    {
        Continuation = 0x0,
        Text = 0x1,
        Binary = 0x2,
        Close = 0x8,
        Ping = 0x9,
        Pong = 0xa,
    }
}
