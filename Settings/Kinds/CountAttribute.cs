using System.Globalization;
using System.Net;

namespace OrleansGateway.Settings;

/// <summary>A whole number.</summary>
/// <param name="meaning">What it means.</param>
/// <param name="min">The least.</param>
/// <param name="max">The most.</param>
/// <param name="unit">What it counts, in the plural; empty where the number is a name.</param>
public class CountAttribute(string meaning, long min, long max, string unit = "") : SettingAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "count";

    /// <inheritdoc/>
    public override string Allowed => $"a number{(unit.Length == 0 ? "" : $" of {unit}")}, {min} to {max}";

    /// <inheritdoc/>
    public override string Unit => unit;

    /// <inheritdoc/>
    public override bool IsLiteral => true;

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        value = null;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < min || number > max)
        {
            return false;
        }

        value = number;
        return true;
    }
}

/// <summary>A TCP port.</summary>
public sealed class PortAttribute(string meaning) : CountAttribute(meaning, 1, IPEndPoint.MaxPort)
{
    /// <inheritdoc/>
    public override string Kind => "port";

    /// <inheritdoc/>
    public override string Allowed => $"a port, 1 to {IPEndPoint.MaxPort}";
}

/// <summary>A number above 0 that need not be whole.</summary>
public sealed class RateAttribute(string meaning, double max, string unit) : SettingAttribute(meaning)
{
    /// <inheritdoc/>
    public override string Kind => "rate";

    /// <inheritdoc/>
    public override string Allowed => string.Create(CultureInfo.InvariantCulture, $"a number above 0, up to {max} ({unit})");

    /// <inheritdoc/>
    public override string Unit => unit;

    /// <inheritdoc/>
    public override bool IsLiteral => true;

    /// <inheritdoc/>
    public override bool TryRead(string text, out object? value)
    {
        value = null;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) || !(rate > 0 && rate <= max))
        {
            return false;
        }

        value = rate;
        return true;
    }

    /// <inheritdoc/>
    public override string Write(object? value) => ((IFormattable)value!).ToString(null, CultureInfo.InvariantCulture);
}
