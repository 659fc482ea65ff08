using System.Diagnostics;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Commands;
using OrleansGateway.Cli.Logs;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Status;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Live;

/// <summary>Watches the parts of a gateway by their pid files and by asking them, and says what happens, a line each.</summary>
internal sealed class Watch(Gateway gateway, PartStarter starter, ClusterPoll poll, bool restart, string? state, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(2);

    // A process is gone a moment before its exit code is known.
    private static readonly TimeSpan ExitCodeTime = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, WatchedPart> _parts = [];
    private readonly BridgeWatch _bridge = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _began = time.GetTimestamp();

    private TimeSpan Now => time.GetElapsedTime(_began);

    /// <summary>Says something, with the time.</summary>
    public void Say(string text, Tone tone) => Screen.Line(time.GetLocalNow().ToString("HH:mm:ss.fff"), text, tone);

    /// <summary>Starts parts, at once, and waits until they work. False when one does not.</summary>
    public async Task<bool> StartAsync(IReadOnlyList<Part> parts, CancellationToken stop)
    {
        foreach (var part in parts)
        {
            Launch(_parts[part.Name] = new WatchedPart(part), stop);
        }

        Say($"starting {string.Join(", ", parts.Select(x => x.Name))}; their logs are in {gateway.State}", Tone.Quiet);
        var pending = _parts.Values.ToList();
        while (pending.Count > 0)
        {
            await Task.WhenAny(pending.Select(x => x.Start!));
            stop.ThrowIfCancellationRequested();
            foreach (var part in pending.Where(x => x.Start!.IsCompleted).ToArray())
            {
                pending.Remove(part);
                var outcome = await part.Start!;
                part.Start = null;
                if (outcome.Failure is { } failure)
                {
                    PartProcess.Fail($"{part.Name} did not start: {failure}", ExitCode.Failure);
                    return false;
                }

                Works(part, outcome.RanBefore ? "already runs" : "is up");
            }
        }

        return true;
    }

    /// <summary>Watches until it is told to stop. False when all was stopped by somebody else.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        foreach (var part in _parts.Values)
        {
            // Nobody has asked yet.
            part.AnsweredAt = Now;
        }

        while (!stop.IsCancellationRequested)
        {
            FindNew();
            foreach (var part in _parts.Values)
            {
                Look(part, stop);
            }

            if (_parts.Values.All(x => x.IsDown) && ClusterFile.Read(gateway.State) is { } file && file.Parts.Values.All(x => x.Stopped))
            {
                return false;
            }

            await Task.WhenAny(_wake.Task, Task.Delay(LookEvery, time, stop));
            if (_wake.Task.IsCompleted)
            {
                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        return true;
    }

    /// <summary>Ends the starts that are under way. The parts that may run, those which were started elsewhere included.</summary>
    public async Task<IReadOnlyList<Part>> LeaveAsync()
    {
        FindNew();
        await ClusterFile.NoteStoppedAsync(gateway.State, _parts.Keys);
        foreach (var part in _parts.Values.Where(x => x.Child is { HasExited: false }))
        {
            // One that just begins may have no pid file yet.
            if (PidFile.Read(gateway.State, part.Name).State != PidFileState.Alive)
            {
                Unix.Send(part.Child!.Id, Signal.Terminate);
                await part.Child.WaitForExitAsync();
            }
        }

        return [.. _parts.Values.Select(x => x.Part)];
    }

    private void Launch(WatchedPart part, CancellationToken stop)
    {
        part.RestartAt = null;
        part.Start = starter.StartAsync(part.Part, child => Watched(part, child), stop);

        void Watched(WatchedPart launched, Process child)
        {
            launched.Child = child;
            child.EnableRaisingEvents = true;
            child.Exited += (_, _) => _wake.TrySetResult();
        }
    }

    private void FindNew()
    {
        foreach (var name in PidFile.Parts(gateway.State).Where(x => !_parts.ContainsKey(x)).ToArray())
        {
            _parts[name] = new WatchedPart(Reopen(name) ?? gateway.Part(name));
        }
    }

    private void Look(WatchedPart part, CancellationToken stop)
    {
        if (part.Start is { } start)
        {
            if (start.IsCompleted)
            {
                part.Start = null;
                Started(part, start);
            }

            return;
        }

        if (part.Process is { IsAlive: false } gone)
        {
            Died(part, gone);
        }

        var file = PidFile.Read(gateway.State, part.Name);
        if (part.Process is null && file.State == PidFileState.Alive)
        {
            part.Part = Reopen(part.Name) ?? part.Part;
            part.RestartAt = null;
            part.Process = file.Process;
            Say($"{part.Name} is starting (process {file.Process.Pid})", Tone.Plain);
        }

        if (part.Process is null)
        {
            if (Now >= part.RestartAt)
            {
                Launch(part, stop);
            }
        }
        else if (!part.Works)
        {
            AskWhetherItWorks(part, stop);
        }
        else
        {
            if (file.Stopping && !part.IsStopping)
            {
                part.IsStopping = true;
                Say($"{part.Name} was told to stop", Tone.Notable);
            }

            AskForCluster(part, stop);
        }
    }

    private void Started(WatchedPart part, Task<StartOutcome> start)
    {
        if (start is { IsCompletedSuccessfully: true, Result.Failure: null })
        {
            Works(part, "is back");
            return;
        }

        var failure = start.IsCompletedSuccessfully ? start.Result.Failure : start.Exception?.InnerException?.Message;
        var wait = part.Backoff.Next(TimeSpan.Zero);
        part.RestartAt = Now + wait;
        Say($"{part.Name} did not start: {failure}; again in {wait.TotalSeconds:0.#} s", Tone.Bad);
    }

    private void Works(WatchedPart part, string how)
    {
        var file = PidFile.Read(gateway.State, part.Name);
        if (file.State != PidFileState.Alive)
        {
            return;
        }

        part.Process = file.Process;
        part.Works = part.WorkedOnce = true;
        part.WorksSince = part.AnsweredAt = Now;
        part.IsSilent = part.IsStopping = false;
        _bridge.Returned(part.Name);
        Say($"{part.Name} {how}: {part.Part.Address} (process {file.Process.Pid})", Tone.Good);
    }

    private void Died(WatchedPart part, ProcessIdentity gone)
    {
        var now = Now;
        _bridge.Lost(part.Name, now);
        var exitCode = part.Child is { } child && child.Id == gone.Pid && child.WaitForExit(ExitCodeTime) ? child.ExitCode : (int?)null;
        var clean = exitCode is { } code ? code == 0 : PidFile.Read(gateway.State, part.Name).State is PidFileState.Missing or PidFileState.Alive;
        var meant = clean || (ClusterFile.Read(gateway.State)?.Parts.GetValueOrDefault(part.Name)?.Stopped ?? false);
        var how = !clean && exitCode is { } known ? $": {ExitWords.Of(known)}" : "";
        (part.Process, part.Readiness, part.Question) = (null, null, null);
        var ran = part.Works ? now - part.WorksSince : TimeSpan.Zero;
        part.Works = false;

        string then;
        if (restart && !meant)
        {
            var wait = part.Backoff.Next(ran);
            part.RestartAt = now + wait;
            then = $"starting it again in {wait.TotalSeconds:0.#} s";
        }
        else
        {
            then = $"{Usage.Of($"start {(part.Part.Node is { } node ? $"node {node}" : part.Name)}", state)} brings it back";
        }

        Say($"{part.Name} {(clean ? "stopped" : "died")}{how} (process {gone.Pid}); {then}", clean ? Tone.Notable : Tone.Bad);
        if (part.Part.IsPrimary)
        {
            Say($"{Development.AtDeath} Ctrl-C, then {Usage.Program} up", Tone.Bad);
        }
    }

    private void AskWhetherItWorks(WatchedPart part, CancellationToken stop)
    {
        part.Readiness ??= PartStarter.WorksAsync(part.Part, part.Process!.Value.Pid, stop);
        if (part.Readiness.IsCompleted)
        {
            var works = part.Readiness is { IsCompletedSuccessfully: true, Result: true };
            part.Readiness = null;
            if (works)
            {
                Works(part, part.WorkedOnce ? "is back" : "is up");
            }
        }
    }

    private void AskForCluster(WatchedPart part, CancellationToken stop)
    {
        if (part.Part.Node is null)
        {
            return;
        }

        if (part.Question is { IsCompleted: true } answered)
        {
            part.Question = null;
            if (answered is { IsCompletedSuccessfully: true, Result: { } report })
            {
                Answered(part, report);
            }
        }

        if (part.Question is null && Now - part.AskedAt >= AskEvery)
        {
            part.AskedAt = Now;
            part.Question = AskAsync(new Uri(part.Part.Address), stop);
        }

        if (!part.IsSilent && !part.IsStopping && Now - part.AnsweredAt > SilentAfter)
        {
            part.IsSilent = true;
            Say($"{part.Name} does not answer (process {part.Process?.Pid})", Tone.Bad);
        }
    }

    private async Task<ClusterReport?> AskAsync(Uri node, CancellationToken stop)
    {
        var report = await poll.AskAsync(node, stop);
        _wake.TrySetResult();
        return report;
    }

    private void Answered(WatchedPart part, ClusterReport report)
    {
        part.AnsweredAt = Now;
        if (part.IsSilent)
        {
            part.IsSilent = false;
            Say($"{part.Name} answers again", Tone.Good);
        }

        if (_bridge.Report(part.Name, report.Bridge, Now) is { } change)
        {
            Say(
                change.Before is null ? $"{change.Owner} owns the bridge of the numbers"
                : change.Took is { } took ? $"{change.Owner} took the bridge over, {took.TotalSeconds:0.00} s after {change.Before} was gone"
                : $"{change.Owner} took the bridge over from {change.Before}",
                Tone.Notable);
        }
    }

    private Part? Reopen(string name)
    {
        try
        {
            return Gateway.Open(new Dictionary<string, string?> { [GatewaySettings.State.Key] = gateway.State }, Intent.Use).Part(name);
        }
        catch (CommandFailure)
        {
            // What is remembered can't be read just now; what is known of it has to do.
            return null;
        }
    }
}
