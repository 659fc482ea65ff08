using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway restart</c>: one part after the other, the next one only when the one before works again and the cluster is whole.</summary>
internal static class RestartCommand
{
    public static Command Create()
    {
        var command = new Command("restart", "Restarts all or one part, one after the other, each when the one before works again and all nodes see each other");
        var target = new Target(command);
        var options = new SettingOptions(command, [.. SettingOptions.Common, GatewaySettings.Rate, GatewaySettings.User, GatewaySettings.Group]);
        command.SetAction((result, _) => RunAsync(target.Read(result), options.Read(result)));
        return command;
    }

    private static async Task<int> RunAsync(string? name, IReadOnlyDictionary<string, string?> flags)
    {
        var gateway = Gateway.Open(flags, Intent.Use);
        var parts = name is null ? gateway.Known() : [gateway.Part(name)];
        if (parts.Count == 0)
        {
            throw new CommandFailure($"nothing was started in {gateway.State}; {Usage.Program} start starts it");
        }

        var starter = new PartStarter(gateway, TimeProvider.System);
        var stopper = new PartStopper(gateway, TimeProvider.System);
        StartCommand.Warn(gateway, parts);
        if (!parts.Any(x => x.IsPrimary))
        {
            return await OneByOneAsync();
        }

        return parts.Count > 1 || !gateway.Known().Any(x => x.Node > 1 && starter.Runs(x.Name))
            ? await TogetherAsync()
            : throw new CommandFailure("node 1 can't be restarted alone: with --membership development the others can't go on without it. Restart all instead");

        async Task<int> OneByOneAsync()
        {
            var rolling = new RollingRestart(gateway, RestartAsync, TimeProvider.System);
            if (await rolling.RunAsync(parts) is not { } failure)
            {
                return ExitCode.Success;
            }

            var rest = starter.Running(gateway.Known());
            var goesOn = rest.Count == 0 ? "nothing runs now" : $"{string.Join(", ", rest.Select(x => x.Name))} {(rest.Count == 1 ? "goes" : "go")} on";
            return PartProcess.Fail($"the restart ends here: {failure}; {goesOn}", ExitCode.Failure);
        }

        async Task<string?> RestartAsync(Part part)
        {
            try
            {
                return !await StopAsync([part]) ? $"{part.Name} does not stop" : !await StartAsync([part]) ? $"{part.Name} does not work" : null;
            }
            catch (CommandFailure failure)
            {
                return failure.Message;
            }
        }

        async Task<int> TogetherAsync() => await StopAsync(parts) && await StartAsync(parts) ? ExitCode.Success : ExitCode.Failure;

        async Task<bool> StopAsync(IReadOnlyList<Part> some)
        {
            await ClusterFile.NoteStoppedAsync(gateway.State, some.Select(x => x.Name));
            var outcomes = await stopper.StopAllAsync(some, force: false);
            foreach (var outcome in outcomes.Where(x => x.Failed))
            {
                StopCommand.Say(outcome, force: false);
            }

            return !outcomes.Any(x => x.Failed);
        }

        async Task<bool> StartAsync(IReadOnlyList<Part> stopped)
        {
            // What is started anew has the settings that the flags say now.
            var some = stopped.Select(x => gateway.Part(x.Name)).ToArray();
            gateway.CreateState();
            PartStarter.CheckPorts(starter.Missing(some));
            await gateway.RememberAsync(some, all: false);
            var outcomes = await Task.WhenAll(some.Select(x => starter.StartAsync(x)));
            foreach (var outcome in outcomes)
            {
                StartCommand.Say(outcome with { RanBefore = false });
            }

            return outcomes.All(x => x.Failure is null);
        }
    }
}
