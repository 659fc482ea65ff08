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

    /// <summary>Whether the process holds one from <paramref name="port"/> of its own, also by a socket of IPv6.</summary>
    public static bool IsFrom(int port, int process)
    {
        var held = Held(process);
        return new[] { "tcp", "tcp6" }.SelectMany(x => File.ReadLines($"/proc/{process}/net/{x}").Skip(1))
            .Select(x => x.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(x => x[1].EndsWith($":{port:X4}", StringComparison.Ordinal) && held.Contains($"socket:[{x[9]}]"));
    }

    private static HashSet<string?> Held(int process) => Directory.EnumerateFiles($"/proc/{process}/fd").Select(x => new FileInfo(x).LinkTarget).ToHashSet();

    private static HashSet<IPEndPoint> Read(int port, int process, Func<string, bool> timer)
    {
        var held = Held(process);
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
