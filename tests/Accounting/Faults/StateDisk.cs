using System.Diagnostics;

namespace OrleansGateway.Tests.Accounting.Faults;

/// <summary>
/// Where the nodes keep their state, and the way to make it full. Best is a small disk of its own in memory; who may not
/// mount one limits the size of the nodes' files instead, which hits their other files too.
/// </summary>
internal sealed class StateDisk : IDisposable
{
    private const string Prefix = "gateway-accounting-";

    private readonly string _root;
    private readonly bool _mounted;

    private StateDisk(string root, bool mounted) => (_root, _mounted) = (root, mounted);

    public string State => Path.Combine(_root, "state");

    public string Kind => _mounted ? "a disk of its own" : "a limit of the nodes' files (a disk could not be mounted)";

    /// <summary>What the nodes are started by, so that a limit is an error to them and not their death.</summary>
    public IReadOnlyList<string> Wrapper => _mounted ? [] : ["env", "--ignore-signal=XFSZ"];

    private string Ballast => Path.Combine(_root, "ballast");

    public static StateDisk Create(int megabytes, bool mounts)
    {
        Sweep();
        var root = Directory.CreateTempSubdirectory($"{Prefix}{Environment.ProcessId}-").FullName;
        var disk = new StateDisk(root, mounts && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", root));
        Directory.CreateDirectory(disk.State);
        return disk;
    }

    public void Fill(GatewayNodes nodes)
    {
        if (!_mounted)
        {
            Limit(nodes, "4096");
            return;
        }

        // Down to the last byte.
        var chunk = new byte[1024 * 1024];
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = chunk.Length; size > 0;)
        {
            try
            {
                ballast.Write(chunk, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public void Free(GatewayNodes nodes)
    {
        if (_mounted)
        {
            File.Delete(Ballast);
        }
        else
        {
            Limit(nodes, "unlimited");
        }
    }

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", "-l", _root);
        }

        Directory.Delete(_root, recursive: true);
    }

    private static void Limit(GatewayNodes nodes, string bytes)
    {
        foreach (var node in nodes.Alive)
        {
            Assert.True(Run("prlimit", "--pid", $"{nodes[node].Pid}", $"--fsize={bytes}:"), "the size of a node's files cannot be limited");
        }
    }

    // A run that was killed could not clean up.
    private static void Sweep()
    {
        foreach (var left in Directory.GetDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            var name = Path.GetFileName(left)[Prefix.Length..];
            if (int.TryParse(name.Split('-')[0], out var owner) && !Directory.Exists($"/proc/{owner}"))
            {
                Run("umount", "-l", left);
                Directory.Delete(left, recursive: true);
            }
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
