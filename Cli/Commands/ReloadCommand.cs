using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway reload</c>: has parts read their configuration again, and says what came of it.</summary>
internal static class ReloadCommand
{
    public static Command Create()
    {
        var command = new Command("reload", "Has all or one part read its configuration again, without dropping a connection (SIGHUP), and says what changed");
        var target = new Target(command);
        var options = new SettingOptions(command, SettingOptions.Common);
        command.SetAction((result, cancellation) => RunAsync(target.Read(result), options.Read(result), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? name, IReadOnlyDictionary<string, string?> flags, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new CommandFailure("reload needs signals, which this system does not have; saving appsettings.json does the same");
        }

        // What is wrong with the file is said by the parts, who read it.
        var gateway = Gateway.Open(flags, Intent.Look);
        if (gateway.IsStateGuessed)
        {
            throw new CommandFailure($"{gateway.BadFile}. Where the gateway is may be said there: {GatewaySettings.State.Flag} {gateway.State} would say it, too", ExitCode.BadSetting);
        }

        var reloader = new PartReloader(gateway.State, TimeProvider.System);
        var running = (name is null ? gateway.Known() : [gateway.Part(name)]).Where(x => PidFile.Read(gateway.State, x.Name).State == PidFileState.Alive).ToList();
        if (running.Count == 0)
        {
            throw new CommandFailure($"{name ?? "nothing"} {(name is null ? "runs" : "does not run")} in {gateway.State}");
        }

        var results = await Task.WhenAll(running.Select(x => reloader.ReloadAsync(x, cancellation)));
        var exitCode = ExitCode.Success;

        // Most have the same to say.
        foreach (var same in results.GroupBy(x => x.Words))
        {
            var names = string.Join(", ", same.Select(x => x.Part.Name));
            if (same.First().Outcome is not { } outcome)
            {
                exitCode = PartProcess.Fail($"{names}: {same.Key}", exitCode == ExitCode.Success ? ExitCode.Failure : exitCode);
            }
            else if ((outcome.Error ?? outcome.ServiceError) is not null)
            {
                exitCode = PartProcess.Fail($"{names}: {same.Key}", outcome.Error is null ? ExitCode.Failure : ExitCode.BadSetting);
            }
            else
            {
                Screen.Line($"{names}: {same.Key}", outcome.Applied.Count > 0 ? Tone.Good : Tone.Plain);
                if (outcome.NeedsRestart.Count > 0)
                {
                    Screen.Line($"{names}: {Usage.Program} restart is needed for {string.Join(", ", outcome.NeedsRestart)}", Tone.Notable);
                }
            }
        }

        return exitCode;
    }
}
