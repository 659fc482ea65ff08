using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansGateway.Settings;

/// <summary>A time: <c>30s</c>, <c>1h30m</c>, <c>7 days</c>, or <c>00:00:30</c>. A number alone is none, as it would not say of what.</summary>
/// <param name="meaning">What it means.</param>
/// <param name="min">The shortest.</param>
/// <param name="max">The longest.</param>
public sealed partial class DurationAttribute(string meaning, string min, string max) : SettingAttribute(meaning)
{
    private const string Never = "never";

    private static readonly (string Name, TimeSpan Time)[] Units =
    [
        ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)), ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Whether <c>never</c> is allowed, which is null.</summary>
    public bool OrNever { get; init; }

    /// <inheritdoc/>
    public override string Kind => "duration";

    /// <inheritdoc/>
    public override string Allowed => $"a duration, {min} to {max}, such as 30s, 5m or 00:00:30{(OrNever ? $", or {Never}" : "")}";

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        value = null;
        if (OrNever && text.Trim().Equals(Never, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (Parse(text) is not { } time || time < Parse(min) || time > Parse(max))
        {
            return false;
        }

        value = time;
        return true;
    }

    /// <inheritdoc/>
    public override string Write(object? value) => value is TimeSpan time ? Format(time) : Never;

    /// <summary>Reads a duration; null where it is none.</summary>
    internal static TimeSpan? Parse(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.Zero ? time : null;
        }

        if (!Parts().IsMatch(trimmed))
        {
            return null;
        }

        decimal ticks = 0;
        foreach (Match part in Part().Matches(trimmed))
        {
            var name = part.Groups[2].Value.ToLowerInvariant();
            if (!decimal.TryParse(part.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var many)
                || many > int.MaxValue)
            {
                return null;
            }

            // Words as well as letters: 5 min, 2 hours.
            ticks += many * (name.StartsWith("ms", StringComparison.Ordinal) || name.StartsWith("mil", StringComparison.Ordinal)
                ? TimeSpan.TicksPerMillisecond
                : Units.First(x => x.Name[0] == name[0]).Time.Ticks);
        }

        return ticks > TimeSpan.MaxValue.Ticks || ticks != decimal.Truncate(ticks) ? null : new TimeSpan((long)ticks);
    }

    /// <summary>Writes a duration in the largest unit that divides it.</summary>
    internal static string Format(TimeSpan time)
    {
        foreach (var (name, unit) in Units)
        {
            // Two days at least: a day is better known as 24 hours.
            if (time.Ticks % unit.Ticks == 0 && (time >= 2 * unit || unit < TimeSpan.FromDays(1)) && time >= unit)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / unit.Ticks}{name}");
            }
        }

        return time == TimeSpan.Zero ? "0s" : time.ToString("c", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("""^(?:[0-9.]+\s*(?:ms|millis(?:econds?)?|s(?:ec(?:onds?)?)?|m(?:in(?:utes?)?)?|h(?:ours?)?|d(?:ays?)?)\s*)+$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Parts();

    [GeneratedRegex("""([0-9.]+)\s*([a-z]+)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
