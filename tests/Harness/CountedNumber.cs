using System.Globalization;

namespace OrleansGateway.Tests.Harness;

/// <summary>A line of the <see cref="CountingServer"/>: one integer, which says the number and the connection that it was sent on.</summary>
/// <param name="Number">Counted 1, 2, 3 … over all connections.</param>
/// <param name="Connection">Counted 1, 2, 3 … in the order in which they were accepted.</param>
internal readonly record struct CountedNumber(long Number, int Connection)
{
    private const int Connections = 1000;

    public static CountedNumber Parse(string text)
    {
        var (number, connection) = Math.DivRem(long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), Connections);
        return new CountedNumber(number, (int)connection);
    }

    public override string ToString() => $"{(Number * Connections) + Connection}";
}
