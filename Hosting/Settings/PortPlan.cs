using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Numbers;

namespace OrleansGateway.Hosting;

/// <summary>The ports of nodes: node K listens on each first port plus K-1.</summary>
/// <param name="ports">The settings of the first ports, their values, and where these came from.</param>
/// <param name="numbers">The port of the number server where it is on the nodes' machine, or null.</param>
/// <param name="from">The first node that counts.</param>
/// <param name="to">The last node that counts.</param>
internal sealed class PortPlan(IReadOnlyList<(Setting Setting, int First, string? Origin)> ports, int? numbers, int from, int to)
{
    /// <summary>The plan of a configuration whose values are each fine: that of one node, or that of all.</summary>
    public static PortPlan Of(IConfiguration configuration, Parts part)
    {
        var (from, to) = part == Parts.Node
            ? (Number(GatewaySettings.Node), Number(GatewaySettings.Node))
            : (1, Number(GatewaySettings.Nodes));
        return new PortPlan(
            [.. new[] { GatewaySettings.Http, GatewaySettings.Silo, GatewaySettings.OrleansGateway }.Select(x => (x, Number(x), Origin.Of(configuration, x.Key).Phrase))],
            OwnNumbers(configuration, part),
            from,
            to);

        int Number(Setting setting) => int.Parse(setting.In(configuration), CultureInfo.InvariantCulture);
    }

    /// <summary>Says in one line which ports are too high or meet each other; null when none do.</summary>
    public string? Refuse()
    {
        foreach (var (setting, first, origin) in ports)
        {
            if (first + to - 1 > IPEndPoint.MaxPort)
            {
                return setting.Refusal(Text(first), $"allowed is a port, 1 to {IPEndPoint.MaxPort - to + 1}, as node K listens on it plus K-1 and K goes up to {to}", null, origin);
            }
        }

        for (var i = 0; i < ports.Count; i++)
        {
            foreach (var (earlier, at, _) in ports.Take(i))
            {
                var (setting, first, origin) = ports[i];
                if (Math.Abs(first - at) <= to - from)
                {
                    return setting.Refusal(Text(first), $"allowed is a port whose range ({Range(first)}) does not meet that of {earlier}, {Range(at)}", null, origin);
                }
            }

            if (numbers is { } port && port >= ports[i].First + from - 1 && port <= ports[i].First + to - 1)
            {
                return ports[i].Setting.Refusal(
                    Text(ports[i].First), $"allowed is a port whose range ({Range(ports[i].First)}) does not meet {GatewaySettings.Numbers}, {port}", null, ports[i].Origin);
            }
        }

        return null;
    }

    /// <summary>Says which ports the system may have given away.</summary>
    public IEnumerable<string> Warnings() =>
        from port in ports
        where port.Setting == GatewaySettings.Silo && port.First + to - 1 >= GatewaySettings.FirstEphemeralPort
        select port.Setting.Refusal(
            Text(port.First), $"ports from {GatewaySettings.FirstEphemeralPort} on can be taken at any time, as the system gives them to whoever connects somewhere");

    private static int? OwnNumbers(IConfiguration configuration, Parts part) =>
        part == Parts.Cluster
        && !bool.Parse(GatewaySettings.NoNumbers.In(configuration))
        && HostPort.TryParse(GatewaySettings.Numbers.In(configuration), out var numbers)
            ? numbers.Port
            : null;

    private string Range(int first) => from == to ? Text(first + from - 1) : $"{first + from - 1} to {first + to - 1}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
