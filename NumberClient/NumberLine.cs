using System.Globalization;

namespace OrleansGateway.Numbers;

/// <summary>Says whether a line is an integer: an optional sign, then ASCII digits and nothing else.</summary>
/// <remarks>Spaces are not allowed. One <c>\r</c> at the end is: it is what is left of <c>\r\n</c> when somebody splits at <c>\n</c>.</remarks>
public static class NumberLine
{
    /// <summary>Whether the line is an integer, of however many digits.</summary>
    /// <param name="line">The line without its <c>\n</c>.</param>
    public static bool IsInteger(ReadOnlySpan<byte> line)
    {
        var digits = WithoutCarriageReturn(line);
        if (digits is [(byte)'+' or (byte)'-', ..])
        {
            digits = digits[1..];
        }

        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    /// <summary>Reads a line as a 64-bit integer.</summary>
    /// <param name="line">The line without its <c>\n</c>.</param>
    /// <param name="number">The number, or 0.</param>
    /// <returns>False when the line is no integer, or one that does not fit.</returns>
    public static bool TryParse(ReadOnlySpan<byte> line, out long number)
    {
        number = 0;
        return IsInteger(line)
            && long.TryParse(WithoutCarriageReturn(line), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    private static ReadOnlySpan<byte> WithoutCarriageReturn(ReadOnlySpan<byte> line) =>
        line is [.., (byte)'\r'] ? line[..^1] : line;
}
