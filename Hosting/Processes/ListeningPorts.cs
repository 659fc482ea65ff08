using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using OrleansGateway.Numbers;

namespace OrleansGateway.Hosting;

/// <summary>The ports that a part is going to listen on, and whether they are free.</summary>
public static class ListeningPorts
{
    /// <summary>Says in one line which port of a node can't be had, who has it, and which flag changes it; null when all are free.</summary>
    /// <param name="configuration">A valid configuration.</param>
    /// <param name="node">The number of the node.</param>
    /// <param name="own">Ports that will be free: those of the process whose place it takes.</param>
    public static string? RefuseNode(IConfiguration configuration, int node, IReadOnlyCollection<int>? own = null)
    {
        var address = IPAddress.Parse(GatewaySettings.Bind.In(configuration));
        return new[] { GatewaySettings.Http, GatewaySettings.Silo, GatewaySettings.OrleansGateway }
            .Select(x => Refuse(PartName.OfNode(node), x, address, int.Parse(x.In(configuration), CultureInfo.InvariantCulture), node - 1, own))
            .FirstOrDefault(x => x is not null);
    }

    /// <summary>Says in one line why the number server can't listen, who has its port, and which flag changes it; null when it can.</summary>
    /// <param name="configuration">A valid configuration.</param>
    /// <param name="own">Ports that will be free: those of the process whose place it takes.</param>
    public static string? RefuseNumbers(IConfiguration configuration, IReadOnlyCollection<int>? own = null)
    {
        var numbers = HostPort.TryParse(GatewaySettings.Numbers.In(configuration), out var parsed) ? parsed : HostPort.Default;
        IPAddress? address;
        try
        {
            address = IPAddress.TryParse(numbers.Host, out var literal)
                ? literal
                : Dns.GetHostAddresses(numbers.Host).OrderBy(x => x.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
        }
        catch (SocketException exception)
        {
            return $"{GatewaySettings.Numbers.Refusal(numbers.ToString(), exception.Message)}; {GatewaySettings.NoNumbers.Flag} starts no number server";
        }

        return Refuse(PartName.Numbers, GatewaySettings.Numbers, address, numbers.Port, 0, own) is { } refusal
            ? $"{refusal}; {GatewaySettings.NoNumbers.Flag} uses the number server that is there"
            : null;
    }

    private static string? Refuse(string part, Setting setting, IPAddress address, int first, int plus, IReadOnlyCollection<int>? own)
    {
        if (TryBind(address, first + plus) is not { } failure
            || (failure.SocketErrorCode == SocketError.AddressAlreadyInUse && own?.Contains(first + plus) == true))
        {
            return null;
        }

        var port = $"port {first + plus} ({setting.Flag}{(plus == 0 ? "" : $" {first} plus {plus}")})";
        return failure.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"{part} can't have {port}: {PortOwner.Describe(PortOwner.Find(first + plus))} has it; another one with {setting.Flag} {setting.ValueName}",
            SocketError.AddressNotAvailable when setting == GatewaySettings.Numbers =>
                $"{part} can't listen on {address}, which is not an address of this machine; another one with {setting.Flag} {setting.ValueName}",
            SocketError.AddressNotAvailable =>
                $"{part} can't listen on {address} ({GatewaySettings.Bind}), which is not an address of this machine",
            _ => $"{part} can't have {port}: {failure.Message}; another one with {setting.Flag} {setting.ValueName}",
        };
    }

    private static SocketException? TryBind(IPAddress address, int port)
    {
        try
        {
            // Not listening: that would keep the port from somebody who begins to listen at this moment.
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            return null;
        }
        catch (SocketException exception)
        {
            return exception;
        }
    }
}
