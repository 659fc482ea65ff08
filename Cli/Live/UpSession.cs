using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Commands;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Live;

/// <summary>
/// <c>gateway up</c>: starts the parts, shows what happens to them, whoever makes it happen, and stops them at the end. The parts are
/// as independent of it as those of <c>gateway start</c>, so that the other commands work on them, too.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="restart">Whether what dies is brought back.</param>
/// <param name="state">The state directory as it was typed, or null.</param>
/// <param name="time">The clock.</param>
internal sealed class UpSession(Gateway gateway, bool restart, string? state, TimeProvider time) : IDisposable
{
    private const string Lock = "up";

    private readonly StopRequest _request = new();
    private readonly ClusterPoll _poll = new();

    public void Dispose()
    {
        _request.Dispose();
        _poll.Dispose();
    }

    /// <summary>Runs until it is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        gateway.CreateState();
        using var alone = await TakeLockAsync();
        var starter = new PartStarter(gateway, time);
        var wanted = gateway.Wanted();
        var missing = starter.Missing(wanted);
        StartCommand.Warn(gateway, missing);
        PartStarter.CheckPorts(missing);
        await gateway.RememberAsync(missing, all: true);
        using var keyboard = Keyboard.Open();
        var keys = keyboard is null ? null : new PartKeys(gateway, keyboard, _request.Ask);
        var watch = new Watch(gateway, starter, _poll, keys, restart, state, time);
        try
        {
            if (!await watch.StartAsync(wanted, _request.Stop))
            {
                await StopAsync(watch);
                return ExitCode.Failure;
            }

            Welcome(wanted, keys is not null);
            if (!await watch.RunAsync(_request.Stop))
            {
                watch.Say("all was stopped: nothing is left to watch", Tone.Notable);
                return ExitCode.Success;
            }
        }
        catch (OperationCanceledException) when (_request.Stop.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (Exception exception) when (exception is CommandFailure or IOException or UnauthorizedAccessException)
        {
            // It leaves nothing running that nobody watches.
            PartProcess.Fail(GatewayConfiguration.InOneLine(exception), ExitCode.Failure);
            await StopAsync(watch);
            return ExitCode.Failure;
        }

        return await StopAsync(watch);
    }

    private async Task<PidFile> TakeLockAsync()
    {
        try
        {
            return await PidFile.TakeAsync(gateway.State, Lock);
        }
        catch (PartRunsException exception)
        {
            throw new CommandFailure($"another {Usage.Program} up (process {exception.Pid}) has {gateway.State}; another gateway needs another {GatewaySettings.State.Flag} and other ports");
        }
    }

    private void Welcome(IReadOnlyList<Part> parts, bool withKeys)
    {
        var first = parts.First(x => x.Node is not null).Address;
        (string Command, string Meaning)[] lines =
        [
            ($"curl -N {first}/numbers", "streams numbers"),
            ($"{first}/", "is a page for a person"),
            (Usage.Of("top", state), "in another terminal: the cluster live"),
        ];
        (string, string)[] keys = withKeys ? [.. PartKeys.Help(parts.Count(x => x.Node is not null))] : [("Ctrl-C", "stops all")];
        Screen.Line($"\n{Columns(lines)}\n{Columns(keys)}");

        static string Columns((string First, string Second)[] rows)
        {
            var width = rows.Max(x => x.First.Length);
            return string.Concat(rows.Select(x => $"  {x.First.PadRight(width)}  {x.Second}\n"));
        }
    }

    private async Task<int> StopAsync(Watch watch)
    {
        watch.Say("stopping all; a second Ctrl-C kills", Tone.Notable);
        var parts = await watch.LeaveAsync(_request.Kill);
        var stopper = new PartStopper(gateway, time);
        IReadOnlyList<StopOutcome> outcomes;
        try
        {
            outcomes = await stopper.StopAllAsync(parts, force: false, _request.Kill);
            Say(outcomes, force: false);
            if (!outcomes.Any(x => x.Failed))
            {
                return ExitCode.Success;
            }
        }
        catch (OperationCanceledException)
        {
            // Told to make an end of it.
        }

        outcomes = await stopper.StopAllAsync(parts, force: true);
        Say(outcomes, force: true);
        return ExitCode.Failure;

        void Say(IReadOnlyList<StopOutcome> some, bool force)
        {
            foreach (var outcome in some.Where(x => x.Pid is not null && (force || !x.Failed)))
            {
                watch.Say($"{outcome.Part.Name} {(force ? "was killed" : $"stopped in {outcome.Took?.TotalSeconds:0.0} s")}", Tone.Plain);
            }
        }
    }
}
