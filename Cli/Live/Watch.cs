using System.Diagnostics;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Commands;
using OrleansGateway.Cli.Processes;
using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Live;

/// <summary>Watches the parts of a gateway by their pid files and by asking them, and says what happens, a line each.</summary>
internal sealed class Watch
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A process is gone a moment before its exit code is known; on a busy machine a longer one.
    private static readonly TimeSpan ExitCodeTime = TimeSpan.FromSeconds(2);

    private readonly Gateway _gateway;
    private readonly PartStarter _starter;
    private readonly PartKeys? _keys;
    private readonly bool _restart;
    private readonly string? _state;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Dictionary<string, WatchedPart> _parts = [];
    private readonly BridgeNews _bridge;
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="gateway">The gateway.</param>
    /// <param name="starter">Starts parts.</param>
    /// <param name="poll">Asks nodes.</param>
    /// <param name="keys">What a person asks for by keys; null where there is no terminal.</param>
    /// <param name="restart">Whether what dies is brought back.</param>
    /// <param name="state">The state directory as it was typed, or null.</param>
    /// <param name="time">The clock.</param>
    public Watch(Gateway gateway, PartStarter starter, ClusterPoll poll, PartKeys? keys, bool restart, string? state, TimeProvider time)
    {
        (_gateway, _starter, _keys, _restart, _state, _time) = (gateway, starter, keys, restart, state, time);
        _began = time.GetTimestamp();
        _bridge = new BridgeNews(poll, Say, Wake);
        keys?.Pressed += Wake;
    }

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <summary>Says something, with the time.</summary>
    public void Say(string text, Tone tone) => Screen.Line(_time.GetLocalNow().ToString("HH:mm:ss.fff"), text, tone);

    /// <summary>Starts parts, at once, and waits until they work. False when one does not.</summary>
    public async Task<bool> StartAsync(IReadOnlyList<Part> parts, CancellationToken stop)
    {
        foreach (var part in parts)
        {
            Launch(_parts[part.Name] = new WatchedPart(part), stop);
        }

        Say($"starting {string.Join(", ", parts.Select(x => x.Name))}", Tone.Quiet);
        Say($"their logs are in {_gateway.State}", Tone.Quiet);
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

        var looked = Now;
        while (!stop.IsCancellationRequested)
        {
            var paused = Now - looked > Pause;
            looked = Now;
            FindNew();
            foreach (var part in _parts.Values)
            {
                // Whoever was suspended meanwhile has not asked.
                part.AnsweredAt = paused ? looked : part.AnsweredAt;
                Look(part, stop);
            }

            if (_parts.Values.All(x => x.IsDown) && ClusterFile.Read(_gateway.State) is { } file && file.Parts.Values.All(x => x.Stopped))
            {
                return false;
            }

            if (_keys is not null)
            {
                await _keys.ObeyAsync(_parts, x => Launch(x, stop), Say);
            }

            await Task.WhenAny(_wake.Task, Task.Delay(LookEvery, _time, stop));
            if (_wake.Task.IsCompleted)
            {
                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        return true;
    }

    /// <summary>Ends the starts that are under way; those that take too long when told to kill. The parts that may run, those which were started elsewhere included.</summary>
    public async Task<IReadOnlyList<Part>> LeaveAsync(CancellationToken kill)
    {
        FindNew();
        await ClusterFile.NoteStoppedAsync(_gateway.State, _parts.Keys);
        foreach (var part in _parts.Values.Where(x => x.Child is { HasExited: false }))
        {
            // One that just begins may have no pid file yet.
            if (PidFile.Read(_gateway.State, part.Name).State != PidFileState.Alive)
            {
                Unix.Send(part.Child!.Id, Signal.Terminate);
                await using var now = kill.Register(() => Unix.Send(part.Child.Id, Signal.Kill));
                await part.Child.WaitForExitAsync(CancellationToken.None);
            }
        }

        return [.. _parts.Values.Select(x => x.Part)];
    }

    private void Launch(WatchedPart part, CancellationToken stop)
    {
        part.RestartAt = null;
        part.BeginLog(_gateway.State);
        part.Start = _starter.StartAsync(part.Part, child => Watched(part, child), stop);

        void Watched(WatchedPart launched, Process child)
        {
            launched.Child = child;
            child.EnableRaisingEvents = true;
            child.Exited += (_, _) => Wake();
        }
    }

    private void Wake() => _wake.TrySetResult();

    private void FindNew()
    {
        foreach (var name in PidFile.Parts(_gateway.State).Where(x => !_parts.ContainsKey(x)).ToArray())
        {
            _parts[name] = new WatchedPart(Reopen(name) ?? _gateway.Part(name));
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

        var file = PidFile.Read(_gateway.State, part.Name);
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

            _bridge.Ask(part, Now, stop);
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
        if (!_restart)
        {
            SayBringBack(part, $"{part.Name} did not start: {failure}", Tone.Bad);
            return;
        }

        var wait = part.Backoff.Next(TimeSpan.Zero);
        part.RestartAt = Now + wait;
        SayMore($"{part.Name} did not start: {failure}", Tone.Bad, $"again in {wait.TotalSeconds:0.#} s");
    }

    // With keys there is somebody to read it: on a line of its own it fits a narrow terminal.
    private void SayMore(string what, Tone tone, string more)
    {
        if (_keys is null)
        {
            Say($"{what}; {more}", tone);
            return;
        }

        Say(what, tone);
        Say(more, Tone.Quiet);
    }

    private void SayBringBack(WatchedPart part, string what, Tone tone)
    {
        var command = Usage.Of($"start {(part.Part.Node is { } node ? $"node {node}" : part.Name)}", _state);
        SayMore(what, tone, _keys is not null && part.Part.Node is >= 1 and <= 9 and var digit ? $"press {digit} to bring it back, or {command}" : $"{command} brings it back");
    }

    private void Works(WatchedPart part, string how)
    {
        var file = PidFile.Read(_gateway.State, part.Name);
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
        var clean = exitCode is { } code ? code == 0 : PidFile.Read(_gateway.State, part.Name).State is PidFileState.Missing or PidFileState.Alive;
        var meant = clean || (ClusterFile.Read(_gateway.State)?.Parts.GetValueOrDefault(part.Name)?.Stopped ?? false);
        var how = clean || exitCode is not { } known ? "" : $": {part.LastWords(_gateway.State, known)}";
        (part.Process, part.Readiness, part.Question) = (null, null, null);
        var ran = part.Works ? now - part.WorksSince : TimeSpan.Zero;
        part.Works = false;

        var (what, tone) = ($"{part.Name} {(clean ? "stopped" : "died")}{how} (process {gone.Pid})", clean ? Tone.Notable : Tone.Bad);
        if (_restart && !meant)
        {
            var wait = part.Backoff.Next(ran);
            part.RestartAt = now + wait;
            SayMore(what, tone, $"starting it again in {wait.TotalSeconds:0.#} s");
        }
        else
        {
            SayBringBack(part, what, tone);
        }

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

    private Part? Reopen(string name)
    {
        try
        {
            return Gateway.Open(new Dictionary<string, string?> { [GatewaySettings.State.Key] = _gateway.State }, Intent.Look).Part(name);
        }
        catch (CommandFailure)
        {
            // What is remembered can't be read just now; what is known of it has to do.
            return null;
        }
    }
}
