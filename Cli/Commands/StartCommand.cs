using System.CommandLine;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Commands;

/// <summary><c>gateway start</c>: all or one part in the background.</summary>
internal static class StartCommand
{
    public static Command Create()
    {
        var command = new Command("start", "Starts what does not run, in the background, and returns when it works");
        var target = new Target(command);
        var options = new SettingOptions(command, [GatewaySettings.Nodes, .. SettingOptions.Common, GatewaySettings.Rate, GatewaySettings.User, GatewaySettings.Group]);
        command.SetAction((result, _) => RunAsync(target.Read(result), options.Read(result)));
        return command;
    }

    private static async Task<int> RunAsync(string? name, IReadOnlyDictionary<string, string?> flags)
    {
        var gateway = Gateway.Open(flags, name is null ? Intent.Start : Intent.Use);
        var parts = name is null ? gateway.Wanted() : [gateway.Part(name)];
        var starter = new PartStarter(gateway, TimeProvider.System);
        var missing = starter.Missing(parts);
        Warn(gateway, missing);
        PartStarter.CheckPorts(missing);
        gateway.CreateState();
        await gateway.RememberAsync(missing, all: name is null);

        var outcomes = await Task.WhenAll(parts.Select(x => starter.StartAsync(x)));
        foreach (var outcome in outcomes)
        {
            Say(outcome);
        }

        if (outcomes.Any(x => x.Failure is not null))
        {
            return ExitCode.Failure;
        }

        if (name is null)
        {
            Screen.Line($"Try: curl -N {parts.First(x => x.Node is not null).Address}/numbers", Tone.Quiet);
        }

        return ExitCode.Success;
    }

    /// <summary>Says what is allowed but seldom meant, when something is started.</summary>
    public static void Warn(Gateway gateway, IReadOnlyList<Part> starting)
    {
        if (starting.Any(x => x.Node is not null))
        {
            foreach (var warning in GatewayConfiguration.Warnings(gateway.Configuration, Parts.Cluster))
            {
                Screen.Warn(warning);
            }
        }

        if (starting.Any(x => x.IsPrimary))
        {
            Screen.Warn(Development.AtStart);
        }
    }

    /// <summary>Says what came of a start.</summary>
    public static void Say(StartOutcome outcome)
    {
        if (outcome.Failure is { } failure)
        {
            PartProcess.Fail($"{outcome.Part.Name} did not start: {failure}", ExitCode.Failure);
        }
        else
        {
            Screen.Line($"{outcome.Part.Name} {(outcome.RanBefore ? "already runs" : "runs")} at {outcome.Part.Address} (process {outcome.Pid})", Tone.Good);
        }
    }
}
