using System.Globalization;

namespace OrleansGateway.Cli.Top;

/// <summary>Numbers in few columns.</summary>
internal static class TopNumbers
{
    private static readonly string[] Units = ["", "k", "M", "G", "T", "P"];

    /// <summary>A rate: <c>0</c>, <c>0.3</c>, <c>12.5</c>, <c>1,234</c>, <c>56.7k</c>; <c>-</c> where it is not known.</summary>
    public static string Rate(double? rate) => rate switch
    {
        null => "-",
        < 0.05 => "0",
        < 99.95 => rate.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => Count((long)Math.Round(rate.Value)),
    };

    /// <summary>A number: up to five digits as it is, more with a unit; <c>-</c> where it is not known.</summary>
    public static string Count(long? count) => count switch
    {
        null => "-",
        < 100_000 => count.Value.ToString("#,0", CultureInfo.InvariantCulture),
        _ => Scaled(count.Value, 1000, ""),
    };

    /// <summary>Bytes: <c>512 B</c>, <c>1.4 MB</c>.</summary>
    public static string Bytes(double bytes) => bytes < 1000 ? $"{bytes:0} B" : Scaled(bytes, 1000, " ") + "B";

    /// <summary>A short time: <c>0.5 ms</c>, <c>12 ms</c>, <c>1.5 s</c>; <c>-</c> where there is none.</summary>
    public static string Time(TimeSpan? time) => time switch
    {
        null => "-",
        { TotalMilliseconds: < 9.95 } => string.Create(CultureInfo.InvariantCulture, $"{time.Value.TotalMilliseconds:0.0} ms"),
        { TotalMilliseconds: < 999.5 } => string.Create(CultureInfo.InvariantCulture, $"{time.Value.TotalMilliseconds:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.Value.TotalSeconds:0.0} s"),
    };

    private static string Scaled(double value, double step, string blank)
    {
        var unit = 0;
        while (value >= step - 0.5 && unit < Units.Length - 1)
        {
            value /= step;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#}{blank}{Units[unit]}");
    }
}
