namespace OrleansGateway.Channels;

/// <summary>Orders channels' names by their UTF-8 bytes, which is the order of their code points.</summary>
public sealed class ChannelNameOrder : IComparer<string>
{
    /// <summary>The one instance.</summary>
    public static ChannelNameOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        var same = a.CommonPrefixLength(b);
        return same < a.Length && same < b.Length ? Rank(a[same]) - Rank(b[same]) : a.Length - b.Length;
    }

    // Halves of a pair stand for what comes after all that has one char, but are not the highest chars.
    private static int Rank(char c) => char.IsSurrogate(c) ? c + char.MaxValue : c;
}
