using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway reload</c>: has parts read their configuration again.</summary>
internal static class ReloadCommand
{
    public static Command Create()
    {
        var command = new Command("reload", "Has all or one part read its configuration again, without dropping a connection (SIGHUP)");
        var target = new Target(command);
        var options = new SettingOptions(command, SettingOptions.Common);
        command.SetAction(result => Run(target.Read(result), options.Read(result)));
        return command;
    }

    private static int Run(string? name, IReadOnlyDictionary<string, string?> flags)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new CommandFailure("reload needs signals, which this system does not have; saving appsettings.json does the same");
        }

        var gateway = Gateway.Open(flags, Intent.Use);
        var running = (name is null ? gateway.Known() : [gateway.Part(name)])
            .Select(x => (Part: x, File: PidFile.Read(gateway.State, x.Name)))
            .Where(x => x.File.State == PidFileState.Alive)
            .ToArray();
        if (running.Length == 0)
        {
            throw new CommandFailure($"{name ?? "nothing"} {(name is null ? "runs" : "does not run")} in {gateway.State}");
        }

        foreach (var (part, file) in running)
        {
            Unix.Send(file.Process.Pid, Signal.Hangup);
            Screen.Line($"{part.Name} reads its configuration again (process {file.Process.Pid})");
        }

        return ExitCode.Success;
    }
}
