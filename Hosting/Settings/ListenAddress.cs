using System.Net;

namespace OrleansGateway.Hosting;

/// <summary>Addresses to listen on, and where those who listen there are reached.</summary>
public static class ListenAddress
{
    /// <summary>The address at which this machine reaches who listens on one (<see cref="NodeOptions.Bind"/>): of those who listen on all it is loopback.</summary>
    public static IPAddress Reached(string bind)
    {
        var address = IPAddress.Parse(bind);
        return address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
    }
}
