using System.Globalization;

namespace OrleansGateway.Settings;

/// <summary>A number of bytes: <c>1 MiB</c>, <c>64KB</c>, or bytes alone.</summary>
/// <param name="meaning">What it means.</param>
/// <param name="min">The least.</param>
/// <param name="max">The most.</param>
public sealed class SizeAttribute(string meaning, string min, string max) : SettingAttribute(meaning)
{
    private static readonly (string Name, long Bytes)[] Units =
    [
        ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1),
    ];

    /// <inheritdoc/>
    public override string Kind => "size";

    /// <inheritdoc/>
    public override string Allowed => $"a size, {min} to {max}, such as 1 MiB, 64 KB or a number of bytes";

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        value = null;
        if (Parse(text) is not { } bytes || bytes < Parse(min) || bytes > Parse(max))
        {
            return false;
        }

        value = bytes;
        return true;
    }

    /// <inheritdoc/>
    public override string Write(object? value) => Format(Convert.ToInt64(value, CultureInfo.InvariantCulture));

    /// <summary>Reads a size; null where it is none, or no whole number of bytes.</summary>
    internal static long? Parse(string text)
    {
        var trimmed = text.Trim();
        var unit = Units.FirstOrDefault(x => trimmed.EndsWith(x.Name, StringComparison.OrdinalIgnoreCase), (Name: "", Bytes: 1));
        var number = trimmed[..^unit.Name.Length].TrimEnd();
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var many) || many > long.MaxValue / unit.Bytes)
        {
            return null;
        }

        var bytes = many * unit.Bytes;
        return bytes == decimal.Truncate(bytes) ? (long)bytes : null;
    }

    /// <summary>Writes a size in the largest unit that divides it.</summary>
    internal static string Format(long bytes)
    {
        var (name, unit) = Units.Where(x => x.Name.Length == 3 && bytes != 0 && bytes % x.Bytes == 0).FirstOrDefault(Units[^1]);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit} {name}");
    }
}
