using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace OrleansGateway.Numbers;

/// <summary>Where a number server is: <c>HOST:PORT</c>, an IPv6 address in brackets.</summary>
/// <param name="Host">A name or an IP address, without brackets.</param>
/// <param name="Port">The TCP port, 0 to 65535.</param>
public sealed record HostPort(string Host, int Port)
{
    /// <summary>The default place of the number server: 127.0.0.1:7776.</summary>
    public static HostPort Default { get; } = new("127.0.0.1", 7776);

    /// <summary>Reads <c>HOST:PORT</c> or <c>[IPv6]:PORT</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hostPort">What it says, or null.</param>
    /// <returns>Whether it is of that form.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out HostPort? hostPort)
    {
        hostPort = null;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port > IPEndPoint.MaxPort)
        {
            return false;
        }

        var host = text![..colon];
        if (host is ['[', .. var inner, ']'])
        {
            host = inner;
            if (!IPAddress.TryParse(host, out _))
            {
                return false;
            }
        }
        else if (Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
        {
            return false;
        }

        hostPort = new HostPort(host, port);
        return true;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
