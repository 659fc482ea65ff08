using System.CommandLine;
using System.Diagnostics;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway node</c> and <c>gateway numbers</c>: one part in the foreground, as a service manager runs it.</summary>
internal static class ForegroundCommands
{
    public static Command CreateNode()
    {
        var command = new Command("node", "Runs one node in the foreground: what a service manager runs");
        var options = new SettingOptions(command, [GatewaySettings.Node, .. SettingOptions.Common]);
        command.SetAction(result => Become(Parts.Node, options.Read(result)));
        return command;
    }

    public static Command CreateNumbers()
    {
        var command = new Command("numbers", "Runs the number server in the foreground; with --listen prints what a number server sends");
        var listen = new Option<bool>("--listen") { Description = "Be a client instead: print what the server at --numbers sends" };
        command.Add(listen);
        var options = new SettingOptions(command, [GatewaySettings.Rate, .. SettingOptions.Common]);
        command.SetAction((result, cancellation) => result.GetValue(listen)
            ? NumberListener.RunAsync(options.Read(result), cancellation)
            : Task.FromResult(Become(Parts.Numbers, options.Read(result))));
        return command;
    }

    // The same process: pid and signals are those of the part.
    private static int Become(Parts part, IReadOnlyDictionary<string, string?> flags)
    {
        var arguments = GatewayFlags.Write(flags, part);
        if (Programs.AreThisOne)
        {
            return Programs.Run(part, arguments);
        }

        string[] command = [.. Programs.Of(part), .. arguments];
        if (!OperatingSystem.IsWindows())
        {
            throw new CommandFailure($"{command[0]}: {Unix.Become(command[0], command[1..])}");
        }

        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false })
            ?? throw new CommandFailure($"{command[0]} could not be started");
        process.WaitForExit();
        return process.ExitCode;
    }
}
