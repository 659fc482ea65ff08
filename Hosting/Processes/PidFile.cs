using System.Globalization;
using System.Text;

namespace OrleansGateway.Hosting;

/// <summary>
/// What says that a part runs, and as which process: <c>STATE/NAME.pid</c>, with the pid in the first line, the start time
/// of the process in the second, and <c>stopping</c> in a third from when it was told to stop. The one who writes it holds a lock on
/// <c>STATE/NAME.lock</c> for as long as it lives, however it ends, so that of two only one runs.
/// </summary>
public sealed class PidFile : IDisposable
{
    private const string StoppingMark = "stopping";
    private static readonly TimeSpan PatienceForTheOther = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly ProcessIdentity _self;
    private readonly FileStream _lock;
    private readonly Lock _writing = new();
    private bool _gone;

    private PidFile(string path, ProcessIdentity self, FileStream @lock)
    {
        _path = path;
        _self = self;
        _lock = @lock;
        Write(stopping: false);
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>Takes a part's name for this process, until it is disposed or the process ends.</summary>
    /// <param name="state">The state directory, which exists.</param>
    /// <param name="name">The name of the part.</param>
    /// <exception cref="PartRunsException">Another process has it.</exception>
    /// <exception cref="IOException">The directory can't be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory can't be written to.</exception>
    public static async Task<PidFile> TakeAsync(string state, string name)
    {
        if (LockFile.TryTake(PathOf(state, name, "lock")) is not { } held)
        {
            throw new PartRunsException(name, await WaitForOwnerAsync(state, name));
        }

        // Somebody may have removed the lock file under a process that runs.
        var self = ProcessIdentity.Current;
        if (Read(state, name) is { State: PidFileState.Alive } other && other.Process != self)
        {
            await held.DisposeAsync();
            throw new PartRunsException(name, other.Process.Pid);
        }

        try
        {
            return new PidFile(PathOf(state, name, "pid"), self, held);
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Says that the process was told to stop. Never throws: a stop goes on without it.</summary>
    public void MarkStopping()
    {
        try
        {
            Write(stopping: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The directory was taken away.
        }
    }

    /// <summary>Reads what is said of a part, and whether it is true.</summary>
    /// <param name="state">The state directory; it need not exist.</param>
    /// <param name="name">The name of the part.</param>
    public static PidFileReading Read(string state, string name)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(PathOf(state, name, "pid"));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }

        if (lines.Length < 2
            || !int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var startTime))
        {
            return new PidFileReading(PidFileState.Stale, default, false);
        }

        var process = new ProcessIdentity(pid, startTime);
        var now = ProcessIdentity.Of(pid);
        var found = now == process ? PidFileState.Alive : now is null ? PidFileState.Dead : PidFileState.Stale;
        return new PidFileReading(found, process, lines.Length > 2 && lines[2] == StoppingMark);
    }

    /// <summary>The parts that have a pid file, alive or not.</summary>
    /// <param name="state">The state directory; it need not exist.</param>
    public static IEnumerable<string> Parts(string state) =>
        !Directory.Exists(state) ? [] : Directory.EnumerateFiles(state, "*.pid").Select(x => Path.GetFileNameWithoutExtension(x)).Where(PartName.IsPart);

    /// <summary>Removes what a process left that did not end by itself. A file that speaks of another process stays.</summary>
    public static void Clear(string state, string name, ProcessIdentity process)
    {
        // Under the lock, so that a process which just begins does not lose the file that it writes.
        using var held = LockFile.TryTake(PathOf(state, name, "lock"));
        if (held is not null && Read(state, name) is { State: not PidFileState.Alive } left && left.Process == process)
        {
            File.Delete(PathOf(state, name, "pid"));
        }
    }

    /// <summary>Removes the file and gives the name free.</summary>
    public void Dispose()
    {
        lock (_writing)
        {
            if (_gone)
            {
                return;
            }

            _gone = true;
            AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
            try
            {
                File.Delete(_path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The directory was taken away: a reader finds no process either way.
            }

            _lock.Dispose();
        }
    }

    private static string PathOf(string state, string name, string extension) => Path.Combine(state, $"{name}.{extension}");

    private static async Task<int?> WaitForOwnerAsync(string state, string name)
    {
        // Between its lock and its file there is a moment.
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < PatienceForTheOther)
        {
            if (Read(state, name) is { State: PidFileState.Alive } owner)
            {
                return owner.Process.Pid;
            }

            await Task.Delay(20);
        }

        return null;
    }

    private void Write(bool stopping)
    {
        lock (_writing)
        {
            if (_gone)
            {
                return;
            }

            var text = string.Create(CultureInfo.InvariantCulture, $"{_self.Pid}\n{_self.StartTime}\n{(stopping ? $"{StoppingMark}\n" : "")}");
            AtomicFile.Write(_path, $"{_path}.{_self.Pid}", Encoding.UTF8.GetBytes(text));
        }
    }

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();
}
