using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansGateway.Tests.Unit.Hosting;

namespace OrleansGateway.Tests.Unit.Cli;

/// <summary>The program as a person runs it.</summary>
public sealed class CommandLineTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "OrleansGateway.Cli.dll");

    private readonly TemporaryState _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("start --http abc", "error: --http (Gateway:Http) is 'abc'; allowed is a port, 1 to 65535")]
    [InlineData("start --http", "error: --http (Gateway:Http) has no value; allowed is a port, 1 to 65535")]
    [InlineData("start --htpp 9000", "error: --htpp is not a flag of gateway start; did you mean --http?")]
    [InlineData("status --jsno", "error: --jsno is not a flag of gateway status; did you mean --json?")]
    [InlineData("up --nodes 0", "error: --nodes (Gateway:Nodes) is '0'; allowed is a number, 1 to 1000")]
    [InlineData("up --membership redis", "error: --membership (Gateway:Membership) is 'redis', which is not available yet; allowed is local or development")]
    [InlineData("start node 1 --storage redis", "error: --storage (Gateway:Storage) is 'redis', which is not available yet; allowed is local or memory")]
    [InlineData("start node one", "error: the number of a node is 'one'; allowed is a number, 1 to 1000")]
    [InlineData("logs -n some", "error: -n is 'some'; allowed is a number of lines, 0 or more")]
    [InlineData("strat", "error: 'strat' is not a command; did you mean start?")]
    [InlineData("frobnicate", "error: 'frobnicate' is not a command, see gateway --help")]
    [InlineData("status now", "error: 'now' is not understood by gateway status, see gateway status --help")]
    [InlineData("start --http 65534", "error: --http (Gateway:Http) is '65534'; allowed is a port, 1 to 65533, as node K listens on it plus K-1 and K goes up to 3")]
    [InlineData("config --json --sample", "error: --json, --sample and --markdown exclude each other")]
    [InlineData("config xyzzy", "error: no setting has to do with 'xyzzy'")]
    [InlineData("config retentoin", "error: no setting has to do with 'retentoin'")]
    [InlineData("pub", "error: gateway pub needs CHANNEL, see gateway pub --help")]
    [InlineData("completion", "error: gateway completion needs SHELL, see gateway completion --help")]
    [InlineData("pub a hello world", "error: 'world' is not understood by gateway pub; a message with blanks needs quotes, see gateway pub --help")]
    [InlineData("pub a//b x", "error: 'a//b' is no channel: A channel's name has no empty segment (a leading, trailing or doubled '/')")]
    [InlineData("sub a/../b", "error: 'a/../b' is no channel: A channel's name has no '.' or '..' segment")]
    [InlineData("sub a -n 0", "error: -n is '0'; allowed is a number of messages, 1 or more")]
    [InlineData("top --url ftp://x", "error: --url is 'ftp://x'; allowed is the address of a node, such as http://127.0.0.1:8088")]
    [InlineData("completion tcsh", "error: 'tcsh' is no shell that is known here; allowed is bash, zsh or fish")]
    [InlineData("numbers --listen --numbers 7776", "error: --numbers (Gateway:Numbers) is '7776'; allowed is HOST:PORT, such as 127.0.0.1:7776")]
    public async Task Run_ABadCommandLine_IsOneLineAndExitCode2(string arguments, string expected)
    {
        var result = await RunAsync(arguments);

        Assert.Equal((2, expected + "\n", ""), (result.ExitCode, result.Error, result.Output));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task Run_WhoseErrorCanNotBeWritten_HasItsExitCode() => Assert.Equal(2, (await ShellAsync("gateway status --jsno 2>/dev/full")).ExitCode);

    [Fact]
    public async Task Run_WithABadSettingInTheEnvironment_NamesIt()
    {
        var result = await RunAsync("start", ("Gateway__Silo", "none"));

        Assert.Equal((2, "error: --silo (Gateway:Silo) is 'none' in the environment (Gateway__Silo); allowed is a port, 1 to 65535\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task Run_WithABadSettingInTheFile_NamesItAndTheFile()
    {
        var file = Path.Combine(_directory.Path, "appsettings.json");
        await File.WriteAllTextAsync(file, """{ "Gateway": { "Nodes": "many" } }""");

        var bad = await RunAsync("start");
        var also = await RunAsync("status");

        Assert.Equal((2, $"error: --nodes (Gateway:Nodes) is 'many' in {file}; allowed is a number, 1 to 1000\n"), (bad.ExitCode, bad.Error));

        // To look, and to stop, needs no file.
        Assert.Equal((3, $"warning: nothing can be started now: {bad.Error["error: ".Length..]}"), (also.ExitCode, also.Error));
    }

    [Fact]
    public async Task Status_OfNothing_IsExitCode3()
    {
        var text = await RunAsync("status");
        var json = await RunAsync("status --json");

        Assert.Equal((3, ""), (text.ExitCode, text.Error));
        Assert.Contains("Nothing runs in ", text.Output, StringComparison.Ordinal);
        Assert.Equal((3, "{\"parts\":[]}\n", ""), (json.ExitCode, json.Output, json.Error));
    }

    [Theory]
    [InlineData("stop", 0)]
    [InlineData("stop node 2", 0)]
    [InlineData("reload", 1)]
    [InlineData("restart", 1)]
    [InlineData("logs", 1)]
    public async Task Run_WhereNothingWasStarted_LeavesNothing(string arguments, int exitCode)
    {
        var result = await RunAsync(arguments);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal(exitCode, result.Error.Count(x => x == '\n'));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("up")]
    [InlineData("start")]
    [InlineData("stop")]
    [InlineData("restart")]
    [InlineData("reload")]
    [InlineData("status")]
    [InlineData("logs")]
    [InlineData("pub")]
    [InlineData("sub")]
    [InlineData("top")]
    [InlineData("config")]
    [InlineData("completion")]
    [InlineData("node")]
    [InlineData("numbers")]
    public async Task Help_OfEveryCommand_HasExamples(string command)
    {
        var result = await RunAsync($"{command} --help");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains($"\n  gateway {command}", result.Output[result.Output.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithATakenPort_SaysWhoseItIsAndStartsNothing()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var result = await RunAsync($"start --state here --no-numbers --nodes 1 --http {port}");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"error: node-1 can't have port {port} (--http): process {Environment.ProcessId} (", result.Error, StringComparison.Ordinal);
        Assert.EndsWith(" has it; another one with --http PORT\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(x => x == '\n'));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Theory]
    [InlineData("config --sample")]
    [InlineData("status --json")]
    [InlineData("completion bash")]
    [InlineData("stop")]
    [InlineData("pub --help")]
    public async Task Run_WhoseOutputCanNotBeWritten_SaysSo(string arguments)
    {
        var full = await ShellAsync($"gateway {arguments} >/dev/full");
        var unread = await ShellAsync($"gateway {arguments} | true; exit ${{PIPESTATUS[0]}}");

        Assert.Equal((1, "error: standard output can't be written: No space left on device\n"), (full.ExitCode, full.Error));

        // That nobody reads is no failure.
        Assert.Equal((arguments.StartsWith("status", StringComparison.Ordinal) ? 3 : 0, ""), (unread.ExitCode, unread.Error));
    }

    [Fact]
    public async Task HelpOfAPart_ThatCanNotBeWritten_SaysSo()
    {
        var result = await ShellAsync("dotnet ${cli/OrleansGateway.Cli/OrleansGateway.NumberServer} --help >/dev/full");

        Assert.Equal((1, "error: standard output can't be written: No space left on device\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task Logs_WhoseReaderIsGone_EndBeforeTheNextLine()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "node-1.log"), "1\n2\n3\n4\n");

        var result = await ShellAsync("gateway logs node 1 -f --state . | head -n 3; echo ${PIPESTATUS[0]}");

        Assert.Equal("1\n2\n3\n0\n", result.Output);
    }

    [Fact]
    public async Task Listen_ToNoServerWhileNobodyReads_Ends()
    {
        var result = await ShellAsync("gateway numbers --listen --numbers 127.0.0.1:1 | true; echo ${PIPESTATUS[0]}");

        Assert.Equal("0\n", result.Output);
    }

    [Fact]
    public async Task Listen_ToAServer_PrintsItsNumbersUntilNobodyReads()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var program = Start($"numbers --listen --numbers {server.LocalEndpoint}");
        using var client = await server.AcceptTcpClientAsync().WaitAsync(Numbers.Eventually.Deadline);
        await client.GetStream().WriteAsync("7\n10\n"u8.ToArray());

        Assert.Equal("7", await program.StandardOutput.ReadLineAsync());
        Assert.Equal("10", await program.StandardOutput.ReadLineAsync());
        program.StandardOutput.Close();
        await client.GetStream().WriteAsync("3\n"u8.ToArray());
        await program.WaitForExitAsync().WaitAsync(Numbers.Eventually.Deadline);

        Assert.Equal(0, program.ExitCode);
        Assert.Equal("", await program.StandardError.ReadToEndAsync());
    }

    private Task<(int ExitCode, string Output, string Error)> RunAsync(string arguments, params (string Name, string Value)[] environment) =>
        EndAsync(Start(arguments, environment));

    // A command line of bash in which "gateway" is the command.
    private Task<(int ExitCode, string Output, string Error)> ShellAsync(string line) =>
        EndAsync(Start(new ProcessStartInfo("bash", ["-c", "cli=$0; gateway() { dotnet \"$cli\" \"$@\"; }\n" + line, Program])));

    private static async Task<(int ExitCode, string Output, string Error)> EndAsync(Process started)
    {
        using var program = started;
        var output = program.StandardOutput.ReadToEndAsync();
        var error = program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync().WaitAsync(Numbers.Eventually.Deadline);
        return (program.ExitCode, await output, await error);
    }

    private Process Start(string arguments, params (string Name, string Value)[] environment) =>
        Start(new ProcessStartInfo("dotnet", [Program, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]), environment);

    private Process Start(ProcessStartInfo start, params (string Name, string Value)[] environment)
    {
        start.WorkingDirectory = _directory.Path;
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment.Remove("GATEWAY_SCRIPT");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
