using System.CommandLine;
using OrleansGateway.Cli.Live;
using OrleansGateway.Cli.Nodes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Cli.Top;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway top</c>: the cluster live in the terminal.</summary>
internal static class TopCommand
{
    public static Command Create()
    {
        var command = new Command("top", "Shows the cluster live: nodes, channels, rates, subscribers, who owns the bridge; without a terminal, once");
        var once = new Option<bool>("--once") { Description = "Print how it is over one second, as text, and end" };
        var json = new Option<bool>("--json") { Description = "The same as JSON" };
        command.Add(once);
        command.Add(json);
        var nodes = new NodeFlags(command);
        command.SetAction((result, _) => RunAsync(nodes.Read(result), result.GetValue(once), result.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(NodeRing ring, bool once, bool json)
    {
        using var session = new TopSession(ring, TimeProvider.System);
        if (!once && !json && Screen.CanDraw)
        {
            await session.ShowAsync();
            return ExitCode.Success;
        }

        using var request = new StopRequest();
        var report = await session.OnceAsync(request.Stop);
        StandardOutput.TryWrite(json ? TopJson.Write(report) + "\n" : TopLayout.Plain(report));
        return ExitCode.Success;
    }
}
