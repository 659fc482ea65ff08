using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Status;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway status</c>: how the parts are.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Shows each part: name, process, state, addresses, uptime, who owns the bridge. Exit code 0 when all run, else 3");
        var json = new Option<bool>("--json") { Description = "As JSON" };
        command.Add(json);
        var tree = new Option<bool>("--tree") { Description = "Also the services that each is made of: their states, since when, how long their start took" };
        command.Add(tree);
        var options = new SettingOptions(command, SettingOptions.Common);
        command.SetAction((result, _) => RunAsync(result.GetValue(json), result.GetValue(tree), options.Read(result)));
        return command;
    }

    private static async Task<int> RunAsync(bool json, bool tree, IReadOnlyDictionary<string, string?> flags)
    {
        var gateway = Gateway.Open(flags, Intent.Look);
        var parts = await new StatusReader(gateway.State).ReadAsync(gateway.Known());
        if (gateway.BadFile is { } bad && !parts.Any(x => x.State != PartState.Dead && x.Report?.Reload?.Error == bad))
        {
            Screen.Warn($"nothing can be started now: {bad}");
        }

        if (json)
        {
            Screen.Line(StatusJson.Write(parts, tree));
        }
        else if (parts.Count == 0)
        {
            Screen.Line($"Nothing runs in {gateway.State}; {Usage.Program} start starts it");
        }
        else
        {
            StatusTable.Write(parts);
        }

        if (tree && !json)
        {
            ServiceTreeText.Write(parts, TimeProvider.System.GetUtcNow());
        }

        return parts.Count > 0 && parts.All(x => x.State == PartState.Running) ? ExitCode.Success : ExitCode.NotAllRun;
    }
}
