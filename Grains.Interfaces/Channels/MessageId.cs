using System.Globalization;

namespace OrleansGateway.Channels;

/// <summary>A message's id, <c>&lt;epoch&gt;-&lt;offset&gt;</c>: the epoch of its channel's log, and its place in it, counted 1, 2, 3 ….</summary>
/// <param name="Epoch">4 to 16 ASCII letters and digits, a letter first. Another epoch is another log.</param>
/// <param name="Offset">The place within the epoch; 0 is before the first message.</param>
[GenerateSerializer, Immutable, Alias("OrleansGateway.MessageId")]
public readonly record struct MessageId([property: Id(0)] string Epoch, [property: Id(1)] long Offset)
{
    /// <summary>Reads an id as it is written by <see cref="ToString"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MessageId id)
    {
        id = default;
        var dash = text.IndexOf('-');
        if (dash < 0 || !IsEpoch(text[..dash]))
        {
            return false;
        }

        var digits = text[(dash + 1)..];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            || (digits.Length > 1 && digits[0] == '0'))
        {
            return false;
        }

        id = new MessageId(text[..dash].ToString(), offset);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch}-{Offset}");

    private static bool IsEpoch(ReadOnlySpan<char> text)
    {
        if (text.Length is < 4 or > 16 || !char.IsAsciiLetter(text[0]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
