using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansGateway.Hosting;

/// <summary>A port that a part needs, and the setting that changes it.</summary>
/// <param name="EndPoint">Where it is to listen.</param>
/// <param name="Setting">The setting.</param>
internal sealed record NeededPort(IPEndPoint EndPoint, Setting Setting)
{
    /// <summary>Checks that all are free.</summary>
    /// <exception cref="StartFailedException">One is taken; the message says by whom, and which flag changes it.</exception>
    public static void CheckAll(IEnumerable<NeededPort> ports)
    {
        foreach (var port in ports)
        {
            if (port.WhyNot() is { } reason)
            {
                throw new StartFailedException(reason);
            }
        }
    }

    /// <summary>Why it cannot be had, as one line, or null where it is free.</summary>
    public string? WhyNot()
    {
        // As Kestrel and the silo bind: connections that linger from before do not count.
        using var socket = new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        try
        {
            socket.Bind(EndPoint);
            socket.Listen();
            return null;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            var holder = Holder() is { } pid ? $" by pid {pid}{NameOf(pid)}" : string.Empty;
            return $"{EndPoint} is taken{holder}; {Setting.Flag} ({Setting.Key}) changes it";
        }
        catch (SocketException exception)
        {
            return $"cannot listen on {EndPoint}: {exception.Message}; {Setting.Flag} ({Setting.Key}) changes it";
        }
    }

    private static string NameOf(int pid)
    {
        try
        {
            var arguments = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            return arguments.Length == 0 ? string.Empty : $" ({string.Join(' ', arguments.Take(4).Select(Path.GetFileName))})";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    // The kernel's table names the socket's inode; the process that has it open is the holder.
    private int? Holder()
    {
        try
        {
            var port = $":{EndPoint.Port:X4}";
            var inodes = File.ReadLines(EndPoint.AddressFamily == AddressFamily.InterNetworkV6 ? "/proc/net/tcp6" : "/proc/net/tcp")
                .Select(x => x.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                .Where(x => x.Length > 9 && x[1].EndsWith(port, StringComparison.Ordinal) && x[3] == "0A")
                .Select(x => $"socket:[{x[9]}]")
                .ToHashSet(StringComparer.Ordinal);
            foreach (var process in Directory.EnumerateDirectories("/proc"))
            {
                if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Holds(process, inodes))
                {
                    return pid;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }

        return null;
    }

    private static bool Holds(string process, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFiles($"{process}/fd").Any(x => File.ResolveLinkTarget(x, returnFinalTarget: false) is { } link && inodes.Contains(link.Name));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
