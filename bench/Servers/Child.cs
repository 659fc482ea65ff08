using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansGateway.Bench.Servers;

/// <summary>A process that this one started, and that does not outlive it: also not after Ctrl-C.</summary>
internal sealed class Child : IDisposable
{
    private const int KeptLines = 40;
    private static readonly ConcurrentDictionary<Child, byte> All = new();
    private static volatile bool _isStopping;
    private static readonly PosixSignalRegistration[] Signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(x => PosixSignalRegistration.Create(x, Stop))];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new();

    private Child(Process process) => _process = process;

    public int Pid => _process.Id;

    /// <summary>The last of what it wrote.</summary>
    public string Said => string.Join('\n', _said);

    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts a program.</summary>
    /// <param name="directory">Where it runs.</param>
    /// <param name="onLine">Takes each line of its standard output; null keeps the last ones for <see cref="Said"/>.</param>
    /// <param name="command">The program and its arguments.</param>
    public static Child Start(string directory, Action<string>? onLine, params IEnumerable<string> command)
    {
        GC.KeepAlive(Signals);
        var start = new ProcessStartInfo(command.First(), command.Skip(1))
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var child = new Child(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, e) => child.Take(e.Data, onLine);
        child._process.ErrorDataReceived += (_, e) => child.Take(e.Data, null);
        All[child] = 0;
        child._process.Start();
        if (_isStopping)
        {
            child.Kill();
        }

        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Waits for its end and for all that it wrote.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> Ended(TimeSpan limit)
    {
        using var stop = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(stop.Token);
        return _process.ExitCode;
    }

    /// <summary>Throws what it said where it has ended.</summary>
    public void ThrowIfEnded()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"{_process.StartInfo.FileName} ended with {_process.ExitCode}: {Said}");
        }
    }

    public void Dispose()
    {
        if (All.TryRemove(this, out _))
        {
            Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }

    private static void Stop(PosixSignalContext context)
    {
        _isStopping = true;
        foreach (var child in All.Keys)
        {
            child.Kill();
        }
    }

    // With its own children: nginx would leave its workers behind.
    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private void Take(string? line, Action<string>? onLine)
    {
        if (line is not null && onLine is not null)
        {
            onLine(line);
        }
        else if (line is not null)
        {
            _said.Enqueue(line);
            while (_said.Count > KeptLines)
            {
                _said.TryDequeue(out _);
            }
        }
    }
}
