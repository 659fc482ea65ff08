using System.Globalization;
using System.Net;

namespace OrleansGateway.Tests.Harness;

/// <summary>The TCP connections (IPv4) that a process holds, as the kernel knows them.</summary>
internal static class OpenConnections
{
    private const string Listening = "0A";

    /// <summary>The other ends of those at <paramref name="port"/>.</summary>
    public static HashSet<IPEndPoint> At(int port, int process) => Read(port, process, static _ => true);

    /// <summary>The other ends of those at <paramref name="port"/> whose next timer is that of TCP's keep-alive.</summary>
    public static HashSet<IPEndPoint> WithKeepAlive(int port, int process) => Read(port, process, static x => x.StartsWith("02:", StringComparison.Ordinal));

    private static HashSet<IPEndPoint> Read(int port, int process, Func<string, bool> timer)
    {
        var held = Directory.EnumerateFiles($"/proc/{process}/fd").Select(x => new FileInfo(x).LinkTarget).ToHashSet();
        var others = new HashSet<IPEndPoint>();

        // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
        foreach (var line in File.ReadLines($"/proc/{process}/net/tcp").Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (Parse(fields[1]).Port == port && fields[3] != Listening && timer(fields[5]) && held.Contains($"socket:[{fields[9]}]"))
            {
                others.Add(Parse(fields[2]));
            }
        }

        return others;
    }

    // The address is in the machine's byte order, as IPAddress wants it.
    private static IPEndPoint Parse(string text) => new(
        uint.Parse(text[..8], NumberStyles.HexNumber, CultureInfo.InvariantCulture), int.Parse(text[9..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
