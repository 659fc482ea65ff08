namespace OrleansGateway.Channels;

/// <summary>Several channels: some by their names, others by prefixes, each of which stands for all channels below it, whenever they come.</summary>
public sealed class ChannelSelection
{
    /// <summary>The most names and prefixes together.</summary>
    public const int MaxParts = 64;

    private readonly HashSet<string> _names;

    private ChannelSelection(SortedSet<string> names, SortedSet<string> prefixes)
    {
        Prefixes = [.. prefixes.Where(x => !prefixes.Any(y => y != x && x.StartsWith(y, StringComparison.Ordinal)))];
        Names = [.. names.Where(x => !IsBelowPrefix(x))];
        _names = [.. Names];
        Text = string.Join(',', Names.Concat(Prefixes.Select(PatternOf)));
    }

    /// <summary>The channels that are named, in ordinal order, but for those that a prefix brings anyway.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The prefixes in ordinal order, each with its last slash; the empty one stands for all channels.</summary>
    public IReadOnlyList<string> Prefixes { get; }

    /// <summary>The selection as it is written, the same for all that select the same.</summary>
    public string Text { get; }

    /// <summary>How a prefix is written: <c>sensors/*</c> for <c>sensors/</c>.</summary>
    public static string PatternOf(string prefix) => prefix + "*";

    /// <summary>Whether a decoded path is a selection rather than the name of one channel.</summary>
    public static bool IsSelection(ReadOnlySpan<char> path) => path.ContainsAny(',', '*');

    /// <summary>Reads a decoded path without its leading slash: names and prefixes (<c>a/*</c>, or <c>*</c> for all), with commas between.</summary>
    /// <param name="path">The path.</param>
    /// <param name="isReserved">Whether a name belongs to the system.</param>
    /// <param name="selection">The selection.</param>
    /// <returns>The rule that it breaks, as a sentence, or null.</returns>
    public static string? Read(string path, Func<string, bool> isReserved, out ChannelSelection? selection)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(isReserved);
        selection = null;
        var parts = path.Split(',');
        if (parts.Length > MaxParts)
        {
            return $"A subscription has at most {MaxParts} channels and prefixes; this one has {parts.Length}. A prefix such as 'a/*' stands for all below it.";
        }

        var (names, prefixes) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        foreach (var part in parts)
        {
            var isPrefix = part == "*" || part.EndsWith("/*", StringComparison.Ordinal);
            var name = part == "*" ? string.Empty : isPrefix ? part[..^2] : part;
            if (name.Contains('*', StringComparison.Ordinal))
            {
                return $"'{part}': a '*' stands at the end, alone or after a '/'.";
            }

            if (part != "*" && (ChannelName.Violation(name) ?? (isReserved(name) ? "It belongs to the gateway and is no channel." : null)) is { } rule)
            {
                return $"'{part}': {rule}";
            }

            if (isPrefix)
            {
                prefixes.Add(part[..^1]);
            }
            else
            {
                names.Add(name);
            }
        }

        selection = new ChannelSelection(names, prefixes);
        return null;
    }

    /// <summary>Whether a channel is one of it.</summary>
    public bool Includes(string channel) => _names.Contains(channel) || IsBelowPrefix(channel);

    /// <summary>Whether a channel is below one of the prefixes. The channels that the gateway feeds are below none.</summary>
    public bool IsBelowPrefix(string channel)
    {
        if (ChannelName.IsReadOnly(channel))
        {
            return false;
        }

        foreach (var prefix in Prefixes)
        {
            if (channel.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
