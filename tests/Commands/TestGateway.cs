using System.Diagnostics;
using System.Text.Json;
using OrleansGateway.Tests.Harness;

namespace OrleansGateway.Tests.Commands;

/// <summary>What a command did that has ended.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Errors">What it wrote to standard error.</param>
internal sealed record CommandResult(int Code, string Output, string Errors)
{
    public override string ToString() => $"exit code {Code}\n{Output}\n{Errors}";
}

/// <summary>A gateway with a state directory and ports of its own, which is used by its command as a person would. All that was started is killed at the end.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    private readonly PortBlock _block = PortBlock.Take();

    /// <summary>The directory in which the commands run, and where an <c>appsettings.json</c> would be.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("gateway-command-").FullName;

    public string State => Path.Combine(Directory, "state");

    /// <summary>The flags that tell this gateway from others.</summary>
    public IEnumerable<string> Flags =>
    [
        "--state", State, "--http", $"{_block.First}", "--silo", $"{_block.First + 10}", "--orleans-gateway", $"{_block.First + 20}", "--numbers", $"127.0.0.1:{NumbersPort}",
    ];

    public int NumbersPort => _block.First + 9;

    /// <summary>The HTTP address of a node.</summary>
    public Uri Node(int node) => new($"http://127.0.0.1:{_block.First + node - 1}");

    /// <summary>Runs a command of this gateway to its end.</summary>
    public async Task<CommandResult> Run(params string[] arguments)
    {
        await using var program = Start(arguments);
        program.EndInput();
        var code = await program.Exit(Longest.TotalSeconds);
        return new CommandResult(code, string.Join('\n', program.Lines), program.Errors.TrimEnd('\n'));
    }

    /// <summary>Runs one that has to succeed.</summary>
    public async Task<CommandResult> Do(params string[] arguments)
    {
        var result = await Run(arguments);
        Assert.True(result.Code == 0, $"gateway {string.Join(' ', arguments)}: {result}");
        return result;
    }

    /// <summary>Starts a command of this gateway, as one in the foreground: tests that run in the background would have it ignore SIGINT.</summary>
    public UserProgram Start(params string[] arguments) =>
        UserProgram.Start(Directory, "env", ["--default-signal=INT", Path.Combine(NodeProcess.Root, "gateway"), .. arguments, .. Flags]);

    /// <summary>Each part as <c>status --json</c> tells of it, by its name, and the exit code.</summary>
    public async Task<(int Code, Dictionary<string, JsonElement> Parts)> Status()
    {
        var result = await Run("status", "--json");
        using var body = JsonDocument.Parse(result.Output);
        return (result.Code, body.RootElement.GetProperty("parts").EnumerateArray().ToDictionary(x => x.GetProperty("name").GetString()!, x => x.Clone()));
    }

    /// <summary>How many parts run.</summary>
    public async Task<(int Code, int Running)> Running()
    {
        var (code, parts) = await Status();
        return (code, parts.Values.Count(x => x.GetProperty("state").GetString() == "running"));
    }

    /// <summary>The process that a pid file speaks of.</summary>
    public int Pid(string part) => int.Parse(File.ReadLines(Path.Combine(State, $"{part}.pid")).First());

    /// <summary>Sends a signal by its name, such as <c>KILL</c>.</summary>
    public static async Task Signal(int pid, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{pid}"]);
        await kill.WaitForExitAsync();
        if (signal == "STOP")
        {
            Standstill.Wait(pid);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Run("stop", "--force");
        _block.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
