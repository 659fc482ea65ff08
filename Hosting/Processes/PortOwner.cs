using System.Globalization;
using System.Text;

namespace OrleansGateway.Hosting;

/// <summary>Who has a TCP port of this machine, as far as <c>/proc</c> tells.</summary>
internal static class PortOwner
{
    private const int LongestCommand = 100;
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The pid of a process that listens on a port, or null where that can't be told.</summary>
    public static int? Find(int port)
    {
        var inodes = SocketsOn(port);
        return inodes.Count == 0 ? null : Processes().Cast<int?>().FirstOrDefault(x => Has(x!.Value, inodes));
    }

    /// <summary>Whether a process listens on a port; null where that can't be told.</summary>
    public static bool? Listens(int pid, int port) =>
        !OperatingSystem.IsLinux() || !Directory.Exists($"/proc/{pid}/fd") ? null : Has(pid, SocketsOn(port));

    /// <summary>Says in words who it is, such as <c>process 4711 (python3 -m http.server)</c>.</summary>
    public static string Describe(int? pid)
    {
        if (pid is null)
        {
            return "another process";
        }

        var command = Read($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();
        if (command.Length == 0)
        {
            command = Read($"/proc/{pid}/comm").Trim();
        }

        return $"process {pid}" + (command.Length == 0 ? "" : $" ({(command.Length <= LongestCommand ? command : command[..LongestCommand] + "…")})");
    }

    /// <summary>The sockets that listen on a port, from the text of <c>/proc/net/tcp</c> or <c>tcp6</c>.</summary>
    internal static IEnumerable<string> ParseTable(string table, int port)
    {
        const int Local = 1, State = 3, Inode = 9;
        const string Listening = "0A";
        var end = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        return table.Split('\n').Skip(1)
            .Select(x => x.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(x => x.Length > Inode && x[State] == Listening && x[Local].EndsWith(end, StringComparison.Ordinal))
            .Select(x => $"socket:[{x[Inode]}]");
    }

    private static HashSet<string> SocketsOn(int port) =>
        [.. Tables.SelectMany(x => ParseTable(Read(x), port))];

    private static IEnumerable<int> Processes() =>
        !Directory.Exists("/proc")
            ? []
            : Directory.EnumerateDirectories("/proc")
                .Select(x => int.TryParse(Path.GetFileName(x), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
                .Where(x => x > 0);

    private static bool Has(int pid, HashSet<string> sockets)
    {
        try
        {
            // A link to a socket names it; following it leads nowhere.
            return sockets.Count > 0 && new DirectoryInfo($"/proc/{pid}/fd").EnumerateFileSystemInfos().Any(x => x.LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
