using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansGateway.Tests.Harness;

/// <summary>One node as a process that is really killed. What it says goes to a file.</summary>
internal sealed partial class NodeProcess : IDisposable
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly string _log = Path.Combine(Path.GetTempPath(), $"gateway-node-{Guid.NewGuid():N}.log");
    private readonly Process _process;
    private string? _said;
    private bool _killed;

    /// <summary>Starts it.</summary>
    /// <param name="arguments">The node's.</param>
    /// <param name="environment">What it sees besides this process's own environment.</param>
    /// <param name="wrapper">A program, with its arguments, that becomes the node: <c>env</c>, for instance.</param>
    public NodeProcess(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? wrapper = null)
    {
        File.WriteAllText(_log, string.Empty);
        var program = Path.Combine(Root, "Silo/bin", Configuration, "net10.0/OrleansGateway.Silo.dll");
        string[] command = ["env", .. environment?.Select(x => $"{x.Key}={x.Value}") ?? [], .. wrapper ?? [], "dotnet", program, .. arguments];
        _process = Offspring.Start(_log, command[0], command[1..]);
    }

    public static string Root { get; } = FindRoot();

    public static string Configuration { get; } = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";

    public int Pid => _process.Id;

    /// <summary>Whether it was neither killed nor has ended by itself.</summary>
    public bool IsAlive => !_killed && !_process.HasExited;

    public bool HasEndedByItself => !_killed && _process.HasExited;

    public string Output => _said ?? File.ReadAllText(_log);

    public void Kill()
    {
        Signal(SigKill);
        _killed = true;
    }

    /// <summary>Freezes it: nothing of it goes on when this returns.</summary>
    public void Freeze()
    {
        Signal(SigStop);
        if (IsAlive)
        {
            Standstill.Wait(Pid);
        }
    }

    public void Thaw() => Signal(SigCont);

    /// <summary>Stops it gracefully.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Stop()
    {
        Signal(SigTerm);
        return await Exit();
    }

    public async Task<int> Exit(double seconds = 20)
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(seconds));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_said is null)
        {
            Kill();
            _process.WaitForExit();
            _said = File.ReadAllText(_log);
            File.Delete(_log);
        }
    }

    private void Signal(int signal)
    {
        if (IsAlive)
        {
            _ = SendSignal(Pid, signal);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "OrleansGateway.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("not below the repository");
        }

        return directory;
    }
}
