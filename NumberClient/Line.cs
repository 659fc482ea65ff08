using System.Text;

namespace OrleansGateway.Numbers;

/// <summary>One line that a peer sent, without its terminator.</summary>
public readonly struct Line
{
    private Line(ReadOnlyMemory<byte> bytes, bool isOversized)
    {
        Bytes = bytes;
        IsOversized = isOversized;
    }

    /// <summary>Makes a line of its bytes.</summary>
    /// <param name="bytes">The bytes without <c>\n</c> or <c>\r\n</c>; they are not copied.</param>
    public Line(ReadOnlyMemory<byte> bytes)
        : this(bytes, isOversized: false)
    {
    }

    /// <summary>Stands for a line that was longer than the limit: its bytes were skipped.</summary>
    public static Line Oversized { get; } = new(default, isOversized: true);

    /// <summary>The bytes as they came, without <c>\n</c> or <c>\r\n</c>. They belong to the line: keep them as long as you like. Empty for an oversized one.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Whether the line was longer than the limit.</summary>
    public bool IsOversized { get; }

    /// <summary>The bytes read as UTF-8, for people to look at.</summary>
    public override string ToString() => IsOversized ? "(oversized)" : Encoding.UTF8.GetString(Bytes.Span);
}
