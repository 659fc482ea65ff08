using System.Diagnostics;
using System.Text;

namespace OrleansGateway.Tests.Harness;

/// <summary>A program that a user might run: what it prints, line by line, and what it is told.</summary>
internal sealed class UserProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly StringBuilder _errors = new();
    private readonly Task _reading;

    private UserProgram(string name, Process process)
    {
        (Name, _process) = (name, process);
        _reading = Task.WhenAll(ReadLines(), ReadErrors());
    }

    public string Name { get; }

    public int Pid => _process.Id;

    /// <summary>What it has printed so far.</summary>
    public List<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>What it has said on its standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts one that talks to nodes on loopback, whatever proxy this machine uses.</summary>
    public static UserProgram Start(string directory, string program, params IEnumerable<string> arguments)
    {
        var start = In(directory);
        foreach (var name in start.Environment.Keys.Where(x => x.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        return Start(start, [program, .. arguments]);
    }

    /// <summary>Starts one that needs more than loopback.</summary>
    public static UserProgram StartOnline(string directory, string program, params IEnumerable<string> arguments) => Start(In(directory), [program, .. arguments]);

    /// <summary>Types a line.</summary>
    public async Task Tell(string line)
    {
        await _process.StandardInput.WriteAsync(line + "\n");
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Nothing more is typed.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits until it ends by itself, with all that it said.</summary>
    public async Task<int> Exit(double seconds = 20)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(seconds));
            await _reading.WaitAsync(TimeSpan.FromSeconds(seconds));
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Name} does not end; it said: {Errors}\n{string.Join('\n', Lines)}");
        }
    }

    /// <summary>Waits until it ends by itself, and well.</summary>
    public async Task Succeed(double seconds = 20)
    {
        var code = await Exit(seconds);
        Assert.True(code == 0, $"{Name} ends with {code} after {Lines.Count} lines and says: {Errors}");
    }

    /// <summary>Sends it SIGKILL, and its children.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo In(string directory) => new()
    {
        WorkingDirectory = directory,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardInputEncoding = new UTF8Encoding(false),
        StandardOutputEncoding = Encoding.UTF8,
    };

    private static UserProgram Start(ProcessStartInfo start, string[] command) =>
        new(string.Join(' ', command.Select(Path.GetFileName)), Offspring.Start(start, command));

    private async Task ReadLines()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }

    private async Task ReadErrors()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors)
            {
                _errors.AppendLine(line);
            }
        }
    }
}
