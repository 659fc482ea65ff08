using System.Globalization;

namespace OrleansGateway.Hosting;

/// <summary>The names of the processes that a gateway is made of: <c>node-K</c> and <c>numbers</c>.</summary>
public static class PartName
{
    /// <summary>The number server.</summary>
    public const string Numbers = "numbers";

    private const string NodePrefix = "node-";

    /// <summary>The name of node K.</summary>
    public static string OfNode(int number) => string.Create(CultureInfo.InvariantCulture, $"{NodePrefix}{number}");

    /// <summary>The number of the node of that name; null when it is no node's.</summary>
    public static int? NodeNumber(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(NodePrefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(NodePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= GatewaySettings.MaxNodes
            && OfNode(number) == name
                ? number
                : null;
    }

    /// <summary>Whether a part has that name.</summary>
    public static bool IsPart(string name) => name == Numbers || NodeNumber(name) is not null;
}
