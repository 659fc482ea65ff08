using System.Globalization;
using System.Text.RegularExpressions;
using OrleansGateway.Channels;
using OrleansGateway.Selections;

namespace OrleansGateway.Http;

/// <summary>Where a subscription begins.</summary>
/// <param name="Kind">How it is said.</param>
/// <param name="Id">The id after which it begins, for <see cref="SinceKind.Id"/>.</param>
/// <param name="TimeMs">The time from which it begins, in ms since 1970, for <see cref="SinceKind.Time"/>.</param>
/// <param name="Cursor">The cursor after which it begins, for <see cref="SinceKind.Cursor"/>.</param>
internal readonly partial record struct Since(SinceKind Kind, MessageId Id = default, long TimeMs = 0, Cursor? Cursor = null)
{
    private static readonly string[] TimeFormats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads <c>none</c>, <c>all</c>, <c>latest</c>, an id, a duration such as <c>10m</c>, a Unix time in seconds, or an RFC 3339 time.</summary>
    public static bool TryParse(string text, DateTimeOffset now, out Since since)
    {
        switch (text)
        {
            case "none":
                since = new(SinceKind.None);
                return true;
            case "all":
                since = new(SinceKind.All);
                return true;
            case "latest":
                since = new(SinceKind.Latest);
                return true;
        }

        if (MessageId.TryParse(text, out var id))
        {
            since = new(SinceKind.Id, id);
            return true;
        }

        if (TryParseTime(text, now.ToUnixTimeMilliseconds(), out var time))
        {
            since = new(SinceKind.Time, TimeMs: time);
            return true;
        }

        since = default;
        return false;
    }

    /// <summary>The same for several channels: their id is a cursor, and that of one channel is none.</summary>
    public static bool TryParseOfSeveral(string text, DateTimeOffset now, out Since since)
    {
        if (Selections.Cursor.Parse(text) is { } cursor)
        {
            since = new(SinceKind.Cursor, Cursor: cursor);
            return true;
        }

        return TryParse(text, now, out since) && since.Kind != SinceKind.Id;
    }

    private static bool TryParseTime(string text, long now, out long time)
    {
        time = 0;
        var unit = text.Length < 2 ? 0 : text[^1] switch { 's' => 1_000L, 'm' => 60_000L, 'h' => 3_600_000L, _ => 0L };
        if (unit != 0 && long.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= long.MaxValue / 3_600_000)
        {
            time = Math.Max(0, now - (count * unit));
            return true;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < long.MaxValue / 1000)
        {
            time = (long)(seconds * 1000);
            return true;
        }

        // A '+' in a query is a space once it is decoded. Nobody is more exact than a tick, but some say more digits.
        if (Rfc3339().Match(text.ToUpperInvariant().Replace(' ', '+')) is { Success: true, Groups: var part }
            && DateTimeOffset.TryParseExact(
                $"{part[1]}{part[2]}{part[3]}", TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment))
        {
            time = Math.Max(0, moment.ToUnixTimeMilliseconds());
            return true;
        }

        return false;
    }

    [GeneratedRegex(@"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:(\.[0-9]{1,7})[0-9]*)?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Rfc3339();
}

/// <summary>How the beginning of a subscription is said.</summary>
internal enum SinceKind
{
    /// <summary>Only what is new.</summary>
    None,

    /// <summary>All that is kept.</summary>
    All,

    /// <summary>The last message, then what is new.</summary>
    Latest,

    /// <summary>What came after an id.</summary>
    Id,

    /// <summary>What came at a time or later.</summary>
    Time,

    /// <summary>What came after a cursor.</summary>
    Cursor,
}
