using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Live;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway up</c>: all in the foreground.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var command = new Command("up", "Runs the number server and the nodes, shows what happens, and stops all on Ctrl-C");
        var restart = new Option<bool>("--restart") { Description = "Bring back what dies, with growing pauses" };
        var options = new SettingOptions(command, [GatewaySettings.Nodes]);
        command.Add(restart);
        var more = new SettingOptions(command, [.. SettingOptions.Common, GatewaySettings.Rate, GatewaySettings.User, GatewaySettings.Group]);
        command.SetAction(result =>
        {
            var flags = new Dictionary<string, string?>(options.Read(result).Concat(more.Read(result)), StringComparer.OrdinalIgnoreCase);
            return RunAsync(result.GetValue(restart), flags);
        });
        return command;
    }

    private static async Task<int> RunAsync(bool restart, Dictionary<string, string?> flags)
    {
        var gateway = Gateway.Open(flags, Intent.Up);
        flags.TryGetValue(GatewaySettings.State.Key, out var state);
        using var session = new UpSession(gateway, restart, state, TimeProvider.System);
        return await session.RunAsync();
    }
}
