using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Live;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
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
        var together = parts.Any(x => x.IsPrimary);
        if (together && parts.Count == 1 && gateway.Known().Any(x => x.Node > 1 && starter.Runs(x.Name)))
        {
            throw new CommandFailure("node 1 can't be restarted alone: with --membership development the others can't go on without it. Restart all instead");
        }

        CheckStarts();
        using var request = new StopRequest();
        var rolling = new RollingRestart(gateway, x => RestartAsync([x]), TimeProvider.System);
        return await (together ? RestartAsync(parts) : rolling.RunAsync(parts, request.Stop)) is not { } failure
            ? ExitCode.Success
            : PartProcess.Fail($"the restart ends here: {failure}; {WhatRuns()}", ExitCode.Failure);

        // What could not be started again is not stopped.
        void CheckStarts()
        {
            _ = gateway.Account;
            var running = starter.Running(parts);
            foreach (var part in parts)
            {
                var own = running.Where(x => together || x.Name == part.Name).SelectMany(x => x.Ports).ToHashSet();
                if (gateway.Anew(part.Name).RefusePorts(own) is { } taken)
                {
                    throw new CommandFailure(taken);
                }
            }
        }

        async Task<string?> RestartAsync(IReadOnlyList<Part> some)
        {
            // What was stopped is started again first.
            using var told = request.Stop.Register(
                () => Screen.Warn($"told to end, as soon as {Words(some, "works", "work")} again; a second Ctrl-C ends it at once"));
            try
            {
                return await StopAsync(some) is { Count: > 0 } running ? Words(running, "does not stop", "do not stop")
                    : await StartAsync(some) is { Count: > 0 } broken ? Words(broken, "does not work", "do not work")
                    : null;
            }
            catch (OperationCanceledException) when (request.Kill.IsCancellationRequested)
            {
                return $"told to end at once, while {Words(some, "was", "were")} restarted";
            }
            catch (Exception exception) when (exception is CommandFailure or IOException or UnauthorizedAccessException)
            {
                return GatewayConfiguration.InOneLine(exception);
            }
        }

        async Task<IReadOnlyList<Part>> StopAsync(IReadOnlyList<Part> some)
        {
            await ClusterFile.NoteStoppedAsync(gateway.State, some.Select(x => x.Name));
            var outcomes = await stopper.StopAllAsync(some, force: false, request.Kill);
            foreach (var outcome in outcomes.Where(x => x.Failed))
            {
                StopCommand.Say(outcome, force: false);
            }

            return [.. outcomes.Where(x => x.Failed).Select(x => x.Part)];
        }

        async Task<IReadOnlyList<Part>> StartAsync(IReadOnlyList<Part> stopped)
        {
            // What is started anew has the settings that the flags say now.
            var some = stopped.Select(x => gateway.Part(x.Name)).ToArray();
            gateway.CreateState();
            PartStarter.CheckPorts(starter.Missing(some));
            await gateway.RememberAsync(some, all: false);
            var outcomes = await Task.WhenAll(some.Select(x => starter.StartAsync(x, cancellationToken: request.Kill)));
            foreach (var outcome in outcomes)
            {
                StartCommand.Say(outcome with { RanBefore = false });
            }

            return [.. outcomes.Where(x => x.Failure is not null).Select(x => x.Part)];
        }

        string WhatRuns()
        {
            // One that was told to stop is about to.
            var running = starter.Running(gateway.Known()).Where(x => !PidFile.Read(gateway.State, x.Name).Stopping).ToList();
            string[] words =
            [
                Words(rolling.Left, "was not restarted", "were not restarted"),
                running.Count == 0 ? "nothing runs now" : Words(starter.Missing(parts), "is down", "are down"),
                Words(running, "goes on", "go on"),
            ];
            return string.Join("; ", words.Where(x => x.Length > 0));
        }
    }

    private static string Words(IReadOnlyCollection<Part> parts, string one, string several) =>
        parts.Count == 0 ? "" : $"{string.Join(", ", parts.Select(x => x.Name))} {(parts.Count == 1 ? one : several)}";
}
