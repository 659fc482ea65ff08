using System.Text;

namespace OrleansGateway.Channels;

/// <summary>The rules for a channel's name: the percent-decoded URL path without its leading slash.</summary>
public static class ChannelName
{
    /// <summary>The longest name, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256;

    /// <summary>The channel that the default bridge feeds with the number server's numbers.</summary>
    public const string Numbers = "numbers";

    /// <summary>The channel in which the nodes say their names, one after the other.</summary>
    public const string Announce = "announce";

    /// <summary>Whether only the gateway itself publishes to <paramref name="name"/>.</summary>
    public static bool IsReadOnly(string name) => name is Numbers or Announce;

    /// <summary>The rule that a longer name breaks.</summary>
    public static string TooLong { get; } = $"A channel's name has at most {MaxBytes} bytes of UTF-8.";

    /// <summary>Checks a decoded name.</summary>
    /// <returns>The rule that <paramref name="name"/> breaks, as a sentence, or null where it is a channel's name.</returns>
    public static string? Violation(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            return "A channel's name has at least 1 byte.";
        }

        if (name.Length > MaxBytes || Encoding.UTF8.GetByteCount(name) > MaxBytes)
        {
            return TooLong;
        }

        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (char.IsControl(c))
            {
                return "A channel's name has no control characters.";
            }

            if (c is ',' or '*')
            {
                return $"A channel's name has no '{c}': it is reserved for subscribing to several channels.";
            }

            // Half of a pair has no UTF-8: two such names would look the same to a client.
            if (char.IsSurrogate(c) && !char.IsSurrogatePair(name, i++))
            {
                return "A channel's name is UTF-8.";
            }
        }

        foreach (var segment in name.AsSpan().Split('/'))
        {
            switch (name.AsSpan(segment))
            {
                case "":
                    return "A channel's name has no empty segment (a leading, trailing or doubled '/').";
                case "." or "..":
                    return "A channel's name has no '.' or '..' segment.";
            }
        }

        return null;
    }
}
