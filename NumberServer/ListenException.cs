using System.Net.Sockets;

namespace OrleansGateway.Numbers.Server;

/// <summary>The server can't listen at its address. The message is one line for the operator.</summary>
internal sealed class ListenException(HostPort address, SocketException cause) : Exception(Describe(address, cause))
{
    private static string Describe(HostPort address, SocketException cause)
    {
        var reason = cause.SocketErrorCode == SocketError.AddressAlreadyInUse
            ? "another process listens there"
            : cause.Message;
        return $"The number server can't listen on {address}: {reason}. "
            + $"Another address: --numbers HOST:PORT (setting {GatewaySettings.Numbers.Key}).";
    }
}
