using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansGateway.Hosting;

/// <summary>
/// The process of a part, around the host that does the work. A whole <c>Program.cs</c>:
/// <code>
/// return await PartProcess.RunAsync(Parts.Node, args, async part =>
/// {
///     var builder = WebApplication.CreateSlimBuilder();
///     part.AddTo(builder);
///     …
///     await using var app = builder.Build();
///     await app.RunAsync();
/// });
/// </code>
/// The host is built without <c>args</c>: the flags are read here.
/// </summary>
public sealed class PartProcess
{
    private readonly IReadOnlyDictionary<string, string?> _flags;
    private readonly PidFile _pidFile;

    private PartProcess(string name, IConfiguration configuration, IReadOnlyDictionary<string, string?> flags, PidFile pidFile)
    {
        Name = name;
        Configuration = configuration;
        _flags = flags;
        _pidFile = pidFile;
    }

    /// <summary>The name of the part, such as <c>node-1</c>.</summary>
    public string Name { get; }

    /// <summary>The settings, checked: <c>appsettings.json</c>, environment and flags as they were at the start.</summary>
    public IConfiguration Configuration { get; }

    /// <summary>
    /// Runs a part. Before its body: <c>--help</c>; flags and settings are checked (exit code 2); its ports are free and no other process is this
    /// part (exit code 1); its pid file is written. What the body throws is one line on standard error and exit code 1, or 2 if it is
    /// an <see cref="Microsoft.Extensions.Options.OptionsValidationException"/>.
    /// </summary>
    /// <param name="part">Which one: <see cref="Parts.Node"/> or <see cref="Parts.Numbers"/>.</param>
    /// <param name="args">The command line.</param>
    /// <param name="body">Builds the host and runs it to its end.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(Parts part, string[] args, Func<PartProcess, Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (PartHelp.IsAsked(args))
        {
            await Console.Out.WriteAsync(PartHelp.Of(part));
            return ExitCode.Success;
        }

        if (!GatewayFlags.TryRead(args, part, out var flags, out var error)
            || !GatewayConfiguration.TryRead(Environment.CurrentDirectory, flags, out var configuration, out error)
            || !GatewayConfiguration.TryValidate(configuration, part, out error))
        {
            return Fail(error, ExitCode.BadSetting);
        }

        var state = GatewaySettings.State.In(configuration);
        if (TryCreate(state) is { } refusal)
        {
            return Fail(refusal, ExitCode.BadSetting);
        }

        var node = int.Parse(GatewaySettings.Node.In(configuration), CultureInfo.InvariantCulture);
        var name = part == Parts.Node ? PartName.OfNode(node) : PartName.Numbers;
        foreach (var warning in GatewayConfiguration.Warnings(configuration, part))
        {
            await Console.Error.WriteLineAsync($"{name}: warning: {warning}");
        }

        // Who reads the pid file may send a SIGHUP at once; until the host handles it, it must not end the process.
        using var hangup = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, x => x.Cancel = true);
        try
        {
            using var pidFile = await PidFile.TakeAsync(state, name);
            if ((part == Parts.Node ? ListeningPorts.RefuseNode(configuration, node) : ListeningPorts.RefuseNumbers(configuration)) is { } taken)
            {
                return Fail(taken, ExitCode.Failure);
            }

            await body(new PartProcess(name, configuration, flags, pidFile));
            return ExitCode.Success;
        }
        catch (Exception exception)
        {
            var reason = GatewayConfiguration.InOneLine(exception);
            return exception is Microsoft.Extensions.Options.OptionsValidationException
                ? Fail(reason, ExitCode.BadSetting)
                : Fail(exception is PartRunsException ? reason : $"{name} can't run: {reason}", ExitCode.Failure);
        }
    }

    /// <summary>Gives the host the settings that came by flags, and has it read its configuration again at SIGHUP and say when it stops.</summary>
    public void AddTo(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Configuration.AddInMemoryCollection(_flags);
        builder.Services.AddReloadOnHangup();
        builder.Services.AddSingleton(_pidFile);
        builder.Services.AddHostedService<StoppingMark>();
    }

    /// <summary>Says in one line on standard error why a process ends that did not get to work.</summary>
    /// <returns>The exit code.</returns>
    public static int Fail(string reason, int exitCode)
    {
        Console.Out.Flush();
        Console.Error.WriteLine($"{FailureMark}{reason}");
        return exitCode;
    }

    /// <summary>What a line begins with that says why a process ended: who reads a log finds the line by it.</summary>
    internal const string FailureMark = "error: ";

    private static string? TryCreate(string state)
    {
        try
        {
            Directory.CreateDirectory(state);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return GatewaySettings.State.Refusal(state, $"allowed is a directory that can be made or written to: {exception.Message}");
        }
    }

    private sealed class StoppingMark(IHostApplicationLifetime lifetime, PidFile pidFile) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.ApplicationStopping.Register(pidFile.MarkStopping);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
