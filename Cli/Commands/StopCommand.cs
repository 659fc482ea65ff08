using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway stop</c>: all or one part.</summary>
internal static class StopCommand
{
    public static Command Create()
    {
        var command = new Command("stop", "Stops all or one part gracefully, and returns when it is gone");
        var target = new Target(command);
        var force = new Option<bool>("--force") { Description = "Kill instead of waiting for a graceful stop" };
        command.Add(force);
        var options = new SettingOptions(command, SettingOptions.Common);
        command.SetAction((result, _) => RunAsync(target.Read(result), result.GetValue(force), options.Read(result)));
        return command;
    }

    private static async Task<int> RunAsync(string? name, bool force, IReadOnlyDictionary<string, string?> flags)
    {
        var gateway = Gateway.Open(flags, Intent.Look);
        if (gateway.IsStateGuessed)
        {
            throw new CommandFailure($"{gateway.BadFile}. Where the gateway is may be said there: {GatewaySettings.State.Flag} {gateway.State} would say it, too", ExitCode.BadSetting);
        }

        var parts = name is null ? gateway.Known() : [gateway.Part(name)];
        if (parts.Count == 0)
        {
            Screen.Line($"Nothing runs in {gateway.State}");
            return ExitCode.Success;
        }

        if (name is not null && parts[0].IsPrimary)
        {
            Screen.Warn(Development.AtStop);
        }

        // Noted before, so that nobody who watches takes it for a death and brings it back.
        await ClusterFile.NoteStoppedAsync(gateway.State, parts.Select(x => x.Name));
        var outcomes = await new PartStopper(gateway, TimeProvider.System).StopAllAsync(parts, force);
        foreach (var outcome in outcomes)
        {
            Say(outcome, force);
        }

        return outcomes.Any(x => x.Failed) ? ExitCode.Failure : ExitCode.Success;
    }

    /// <summary>Says what came of a stop.</summary>
    public static void Say(StopOutcome outcome, bool force)
    {
        if (outcome.Pid is null)
        {
            Screen.Line($"{outcome.Part.Name} does not run");
        }
        else if (outcome.Took is { } took)
        {
            Screen.Line($"{outcome.Part.Name} {(force ? "was killed" : $"stopped in {took.TotalSeconds:0.0} s")} (process {outcome.Pid})");
        }
        else
        {
            PartProcess.Fail(
                $"{outcome.Part.Name} (process {outcome.Pid}) still runs {(force ? "though it was killed" : $"after {PartStopper.Patience.TotalSeconds:0} s; --force kills it")}",
                ExitCode.Failure);
        }
    }
}
