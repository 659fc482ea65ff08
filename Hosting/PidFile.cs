using System.Globalization;

namespace OrleansGateway.Hosting;

/// <summary>A process, told from a later one with the same pid by when it started.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="StartTicks">When it started, in clock ticks since the machine did (field 22 of <c>/proc/PID/stat</c>).</param>
internal readonly record struct ProcessIdentity(int Pid, long StartTicks)
{
    // What the kernel tells user programs on every Linux (USER_HZ).
    private const double TicksASecond = 100;

    /// <summary>Whether it runs; a zombie does not.</summary>
    public bool IsAlive => Of(Pid) == this;

    /// <summary>How long it has been running.</summary>
    public TimeSpan Uptime => TimeSpan.FromSeconds(Math.Max(0, MachineUptime() - (StartTicks / TicksASecond)));

    /// <summary>The process with a pid as it is now, or null where there is none.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            // The name, in brackets, may itself hold spaces and brackets.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new ProcessIdentity(pid, long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static double MachineUptime() => double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
}

/// <summary>
/// The pid file of a part, <c>STATE/NAME.pid</c>: the pid and when the process started. A lock beside it, held as long as the
/// process lives, keeps a second one from starting; the kernel lets go of it however the process ends.
/// </summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;

    private PidFile(string path, FileStream held)
    {
        _path = path;
        _lock = held;
    }

    /// <summary>Takes the part's place for this process.</summary>
    /// <exception cref="StartFailedException">It runs already, or the directory cannot be written.</exception>
    public static PidFile Take(string state, string name)
    {
        FileStream held;
        try
        {
            Directory.CreateDirectory(state);
            held = new FileStream(Path.Combine(state, $"{name}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StartFailedException($"the directory '{state}' ({GatewaySettings.State.Flag}) cannot be written: {exception.Message}");
        }
        catch (IOException exception)
        {
            throw new StartFailedException(
                Read(state, name) is { } other ? $"{name} runs already, with pid {other.Pid}" : $"{name} cannot start in '{state}' ({GatewaySettings.State.Flag}): {exception.Message}");
        }

        var path = PathOf(state, name);
        var self = ProcessIdentity.Of(Environment.ProcessId) ?? throw new StartFailedException("there is no /proc to read");
        File.WriteAllText($"{path}.new", string.Create(CultureInfo.InvariantCulture, $"{self.Pid} {self.StartTicks}\n"));
        File.Move($"{path}.new", path, overwrite: true);
        return new PidFile(path, held);
    }

    /// <summary>The process that wrote the part's pid file, if it is still that one.</summary>
    public static ProcessIdentity? Read(string state, string name) => ReadWritten(state, name) is { IsAlive: true } alive ? alive : null;

    /// <summary>Whether a process left its pid file behind: it did not end in good order.</summary>
    public static bool IsStale(string state, string name) => ReadWritten(state, name) is { IsAlive: false };

    /// <summary>Forgets a process that left its pid file behind.</summary>
    public static void Clear(string state, string name) => File.Delete(PathOf(state, name));

    public void Dispose()
    {
        File.Delete(_path);
        _lock.Dispose();
    }

    private static ProcessIdentity? ReadWritten(string state, string name)
    {
        try
        {
            var fields = File.ReadAllText(PathOf(state, name)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return fields.Length == 2 && int.TryParse(fields[0], out var pid) && long.TryParse(fields[1], out var start) ? new ProcessIdentity(pid, start) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string PathOf(string state, string name) => Path.Combine(state, $"{name}.pid");
}
