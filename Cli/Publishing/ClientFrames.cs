using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansGateway.Cli.Publishing;

/// <summary>
/// Frames of a WebSocket's client (RFC 6455, section 5). Unlike those of <see cref="System.Net.WebSockets.ClientWebSocket"/> many go into
/// one write: 100,000 short lines are 100,000 frames.
/// </summary>
internal static class ClientFrames
{
    public const int Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10;

    private const int Final = 0x80, Masked = 0x80, LongestHead = 14;

    /// <summary>Writes a whole message.</summary>
    public static void Write(IBufferWriter<byte> output, int opcode, ReadOnlySpan<byte> payload)
    {
        var frame = output.GetSpan(LongestHead + payload.Length);
        frame[0] = (byte)(Final | opcode);
        int head;
        if (payload.Length < 126)
        {
            (frame[1], head) = ((byte)(Masked | payload.Length), 2);
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            (frame[1], head) = (Masked | 126, 4);
            BinaryPrimitives.WriteUInt16BigEndian(frame[2..], (ushort)payload.Length);
        }
        else
        {
            (frame[1], head) = (Masked | 127, 10);
            BinaryPrimitives.WriteInt64BigEndian(frame[2..], payload.Length);
        }

        // It hides a text from old proxies; nobody has to guess it.
        var mask = (uint)Random.Shared.NextInt64(uint.MaxValue);
        MemoryMarshal.Write(frame[head..], mask);
        Mask(payload, frame[(head + 4)..], mask);
        output.Advance(head + 4 + payload.Length);
    }

    /// <summary>Reads a frame of a server off a buffer. False while it is not whole.</summary>
    /// <exception cref="InvalidDataException">It is masked, which those of a server never are.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out ServerFrame frame)
    {
        frame = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out var first) || !reader.TryRead(out var second))
        {
            return false;
        }

        long length = second;
        if ((second & Masked) != 0)
        {
            throw new InvalidDataException("a server masks no frames");
        }

        if (second == 126)
        {
            if (!reader.TryReadBigEndian(out short two))
            {
                return false;
            }

            length = (ushort)two;
        }
        else if (second == 127 && !reader.TryReadBigEndian(out length))
        {
            return false;
        }

        if (reader.Remaining < length)
        {
            return false;
        }

        frame = new ServerFrame((first & Final) != 0, first & 0xf, buffer.Slice(reader.Position, length));
        buffer = buffer.Slice(frame.Payload.End);
        return true;
    }

    private static void Mask(ReadOnlySpan<byte> from, Span<byte> to, uint mask)
    {
        var wide = new Vector<uint>(mask);
        var i = 0;
        for (; i + Vector<byte>.Count <= from.Length; i += Vector<byte>.Count)
        {
            (new Vector<byte>(from[i..]) ^ Vector.AsVectorByte(wide)).CopyTo(to[i..]);
        }

        Span<byte> bytes = stackalloc byte[4];
        MemoryMarshal.Write(bytes, mask);
        for (; i < from.Length; i++)
        {
            to[i] = (byte)(from[i] ^ bytes[i & 3]);
        }
    }
}

/// <summary>A frame that came from a server.</summary>
/// <param name="IsFinal">Whether the message ends with it.</param>
/// <param name="Opcode">What it is.</param>
/// <param name="Payload">Its bytes.</param>
internal readonly record struct ServerFrame(bool IsFinal, int Opcode, ReadOnlySequence<byte> Payload);
