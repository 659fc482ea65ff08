using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansGateway.Hosting;

/// <summary>
/// The process of a part, around the host that does the work. A whole <c>Program.cs</c>:
/// <code>
/// return await PartProcess.RunAsync(Parts.Node, args, async part =>
/// {
///     var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
///     part.AddTo(builder);
///     …
///     await using var app = builder.Build();
///     await part.RunAsync(app);
/// });
/// </code>
/// The host is built empty: flags, environment and file are read here. What a host does about them by default would also watch each directory below the
/// working directory, for a file that is saved.
/// </summary>
public sealed class PartProcess
{
    private readonly RunningConfiguration _running;
    private readonly ReloadRequests _requests;
    private readonly PidFile _pidFile;
    private readonly PartReporter _reporter;
    private readonly PartOutput? _output;

    private PartProcess(
        string name,
        Parts kind,
        IConfiguration configuration,
        RunningConfiguration running,
        ReloadRequests requests,
        PidFile pidFile,
        PartReporter reporter,
        PartOutput? output)
    {
        Name = name;
        Kind = kind;
        Configuration = configuration;
        _running = running;
        _requests = requests;
        _pidFile = pidFile;
        _reporter = reporter;
        _output = output;
    }

    /// <summary>The name of the part, such as <c>node-1</c>.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public Parts Kind { get; }

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
            try
            {
                await Console.Out.WriteAsync(PartHelp.Of(part));
                return ExitCode.Success;
            }
            catch (IOException exception)
            {
                return Fail($"standard output can't be written: {exception.Message}", ExitCode.Failure);
            }
        }

        if (!GatewayFlags.TryRead(args, part, out var flags, out var error)
            || !GatewayConfiguration.TryRead(Environment.CurrentDirectory, flags, out var configuration, out error)
            || !GatewayConfiguration.TryValidate(configuration, part, out error))
        {
            return Fail(error, ExitCode.BadSetting);
        }

        var state = GatewaySettings.State.In(configuration);
        Permissions.Apply(configuration);
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

        // Who reads the pid file may send a SIGHUP at once; it is heard from now on.
        using var requests = new ReloadRequests();
        PartReporter? reporter = null;
        try
        {
            using var pidFile = await PidFile.TakeAsync(state, name);
            var output = PartOutput.Take(name);
            reporter = new PartReporter(state, name, TreeName(part));
            if ((part == Parts.Node ? ListeningPorts.RefuseNode(configuration, node) : ListeningPorts.RefuseNumbers(configuration)) is { } taken)
            {
                reporter.Fail(taken);
                return Fail(taken, ExitCode.Failure);
            }

            var running = new RunningConfiguration(part, Environment.CurrentDirectory, flags, configuration);
            await body(new PartProcess(name, part, configuration, running, requests, pidFile, reporter, output));
            return ExitCode.Success;
        }
        catch (Exception exception)
        {
            var reason = GatewayConfiguration.InOneLine(exception);
            reporter?.Fail(reason);
            return exception is OptionsValidationException or ServiceFailedException { InnerException: OptionsValidationException }
                ? Fail(reason, ExitCode.BadSetting)
                : Fail(exception is PartRunsException or PartFailedException ? reason : $"{name} can't run: {reason}", ExitCode.Failure);
        }
    }

    /// <summary>
    /// Makes the host the tree of the part's services, the first of which gives it its settings and reads them again at SIGHUP and when the file was
    /// saved, and has it say when it stops.
    /// </summary>
    public void AddTo(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(_pidFile);
        builder.Services.AddHostedService<StoppingMark>();
        builder.UseLateServices();

        // Before the services, of whose start it tells.
        builder.Services.AddServiceManager(Name);

        // What does not start is told by one line, with its name.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        Compose(builder.Services, node => node.Add("configuration", x =>
        {
            builder.AddRunningConfiguration(_running, _requests);
            if (_output is not null)
            {
                x.Services.AddSingleton(_output);
                x.Services.AddHostedService<OutputSettings>();
            }
        }));
    }

    /// <summary>Adds services to the tree of the part.</summary>
    public void Compose(IServiceCollection services, Action<ServiceBuilder> compose) => services.AddServiceTree(TreeName(Kind), compose);

    /// <summary>Runs the host until it is told to stop. Where it does not start, what had started is stopped.</summary>
    /// <exception cref="ServiceFailedException">A service did not start.</exception>
    /// <exception cref="PartFailedException">A service failed that was running, or did not stop.</exception>
    public async Task RunAsync(IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var tree = host.Services.GetRequiredService<ServiceTree>();
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        _reporter.Follow(tree, host.Services.GetService<ReloadLog>(), host.Services.GetRequiredService<ILoggerFactory>().CreateLogger<PartReporter>());
        try
        {
            await host.StartAsync();
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // It was told to stop while it started.
        }
        catch
        {
            await host.StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        Exception? stop = null;
        try
        {
            await host.WaitForShutdownAsync();
        }
        catch (Exception exception)
        {
            stop = exception;
        }

        if (tree.Failure is { } failure)
        {
            throw new PartFailedException($"{Name} can't go on: {failure.Message}", failure);
        }

        if (stop is not null)
        {
            throw new PartFailedException($"{Name} did not stop as it should: {GatewayConfiguration.InOneLine(stop)}", stop);
        }
    }

    /// <summary>Says in one line on standard error why a process ends that did not get to work.</summary>
    /// <returns>The exit code.</returns>
    public static int Fail(string reason, int exitCode)
    {
        Try(() => Console.Out.Flush());
        Try(() => Console.Error.WriteLine($"{FailureMark}{reason}"));
        return exitCode;

        // On a full disk, say. The exit code says it all the same, and who calls may have parts to stop.
        static void Try(Action write)
        {
            try
            {
                write();
            }
            catch (IOException)
            {
            }
        }
    }

    /// <summary>What a line begins with that says why a process ended: who reads a log finds the line by it.</summary>
    internal const string FailureMark = "error: ";

    private static string TreeName(Parts part) => part == Parts.Node ? "node" : "numbers";

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

/// <summary>A part ended otherwise than by being told to, or did not stop as it should. The message is one line for the operator.</summary>
/// <param name="message">That line.</param>
/// <param name="reason">What happened.</param>
public sealed class PartFailedException(string message, Exception reason) : Exception(message, reason);
