using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Cli.Top;

/// <summary>By what the channels are sorted.</summary>
internal enum TopOrder
{
    Rate,
    Subscribers,
    Messages,
    Bytes,
    Name,
}

/// <summary>What a person has chosen to see.</summary>
/// <param name="Order">By what the channels are sorted.</param>
/// <param name="Filter">Only channels with this in their names.</param>
/// <param name="IsFiltering">Whether the filter is being typed.</param>
/// <param name="IsPaused">Whether nothing changes.</param>
/// <param name="IsHelping">Whether the keys are explained, until the next one.</param>
/// <param name="IsOver">Whether that is all.</param>
/// <param name="Scroll">How many channels are above the first that is shown.</param>
internal sealed record TopState(
    TopOrder Order = TopOrder.Rate, string Filter = "", bool IsFiltering = false, bool IsPaused = false, bool IsHelping = false, bool IsOver = false, int Scroll = 0)
{
    private const int LongestFilter = 256;

    /// <summary>What it is after a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="page">How many channels are on the screen.</param>
    /// <param name="last">The furthest that can be scrolled.</param>
    public TopState After(Key key, int page, int last)
    {
        if (IsHelping)
        {
            return this with { IsHelping = false };
        }

        if (key.Kind != KeyKind.Character && Moved(key.Kind, page) is { } scroll)
        {
            return this with { Scroll = Math.Clamp(scroll == int.MaxValue ? last : scroll, 0, last) };
        }

        return IsFiltering ? Typed(key) : Commanded(key);
    }

    /// <summary>The channels that are to be seen, in their order.</summary>
    public IReadOnlyList<ChannelRow> Choose(IEnumerable<ChannelRow> channels)
    {
        var some = channels.Where(x => x.Name.Contains(Filter, StringComparison.OrdinalIgnoreCase));
        return [.. Order switch
        {
            TopOrder.Rate => some.OrderByDescending(x => x.Rate ?? 0).ThenBy(x => x.Name, StringComparer.Ordinal),
            TopOrder.Subscribers => some.OrderByDescending(x => x.Subscribers).ThenBy(x => x.Name, StringComparer.Ordinal),
            TopOrder.Messages => some.OrderByDescending(x => x.Messages).ThenBy(x => x.Name, StringComparer.Ordinal),
            TopOrder.Bytes => some.OrderByDescending(x => x.Bytes).ThenBy(x => x.Name, StringComparer.Ordinal),
            _ => some.OrderBy(x => x.Name, StringComparer.Ordinal),
        }];
    }

    private int? Moved(KeyKind key, int page) => key switch
    {
        KeyKind.Up => Scroll - 1,
        KeyKind.Down => Scroll + 1,
        KeyKind.PageUp => Scroll - page,
        KeyKind.PageDown => Scroll + page,
        KeyKind.Home => 0,
        KeyKind.End => int.MaxValue,
        _ => null,
    };

    private TopState Typed(Key key) => key.Kind switch
    {
        KeyKind.Enter => this with { IsFiltering = false },
        KeyKind.Escape => this with { IsFiltering = false, Filter = "", Scroll = 0 },
        KeyKind.Backspace => this with { Filter = WithoutLast(Filter), Scroll = 0 },
        KeyKind.Character when Filter.Length < LongestFilter => this with { Filter = Filter + key.Character, Scroll = 0 },
        _ => this,
    };

    private TopState Commanded(Key key) => key switch
    {
        { Kind: KeyKind.Escape } => this with { Filter = "", Scroll = 0 },
        { Kind: not KeyKind.Character } => this,
        _ => (char)key.Character.Value switch
        {
            'r' => this with { Order = TopOrder.Rate, Scroll = 0 },
            's' => this with { Order = TopOrder.Subscribers, Scroll = 0 },
            'm' => this with { Order = TopOrder.Messages, Scroll = 0 },
            'b' => this with { Order = TopOrder.Bytes, Scroll = 0 },
            'n' => this with { Order = TopOrder.Name, Scroll = 0 },
            'p' or ' ' => this with { IsPaused = !IsPaused },
            '/' => this with { IsFiltering = true },
            '?' or 'h' => this with { IsHelping = true },
            'q' => this with { IsOver = true },
            _ => this,
        },
    };

    private static string WithoutLast(string text) => string.Concat(text.EnumerateRunes().SkipLast(1).Select(x => x.ToString()));
}
