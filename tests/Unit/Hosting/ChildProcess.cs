using System.Diagnostics;
using OrleansGateway.Hosting;

namespace OrleansGateway.Tests.Unit.Hosting;

/// <summary>A process for one test, which is killed at its end.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(string program, string[] arguments)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        Identity = ProcessIdentity.Of(_process.Id)!.Value;
    }

    public ProcessIdentity Identity { get; }

    /// <summary>What it writes.</summary>
    public StreamReader Output => _process.StandardOutput;

    public static ChildProcess Sleeping(params string[] more) => SleepingAs("sleep", more);

    /// <summary>One of a copy of <c>sleep</c>.</summary>
    public static ChildProcess SleepingAs(string program, params string[] more) => new(program, ["300", .. more]);

    public static ChildProcess Shell(string script) => new("bash", ["-c", script]);

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
