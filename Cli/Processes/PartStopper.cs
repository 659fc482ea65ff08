using OrleansGateway.Cli.Cluster;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>What came of stopping a part.</summary>
/// <param name="Part">The part.</param>
/// <param name="Pid">The process that it was; null when it did not run.</param>
/// <param name="Took">How long it took; null when it still runs, or did not run.</param>
internal sealed record StopOutcome(Part Part, int? Pid, TimeSpan? Took)
{
    /// <summary>Whether it runs all the same.</summary>
    public bool Failed => Pid is not null && Took is null;
}

/// <summary>Stops parts: only processes of which their pid file is true.</summary>
internal sealed class PartStopper(Gateway gateway, TimeProvider time)
{
    /// <summary>How long a part may take to stop by itself: 30 seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    /// <summary>Stops all nodes at once, but last one that the others can't go on without; then the number server, which they read from.</summary>
    public async Task<IReadOnlyList<StopOutcome>> StopAllAsync(IReadOnlyList<Part> parts, bool force, CancellationToken cancellationToken = default)
    {
        var outcomes = new List<StopOutcome>();
        foreach (var some in parts.GroupBy(x => x.Node is null ? 2 : x.IsPrimary ? 1 : 0).OrderBy(x => x.Key))
        {
            outcomes.AddRange(await Task.WhenAll(some.Select(x => StopAsync(x, force, cancellationToken))));
        }

        return outcomes;
    }

    /// <summary>Stops a part and waits until its process is gone.</summary>
    /// <param name="part">The part.</param>
    /// <param name="force">Whether it is killed instead.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<StopOutcome> StopAsync(Part part, bool force, CancellationToken cancellationToken = default)
    {
        var began = time.GetTimestamp();
        var file = PidFile.Read(gateway.State, part.Name);
        if (file.State != PidFileState.Alive)
        {
            Clear();
            return new StopOutcome(part, null, null);
        }

        Unix.Send(file.Process.Pid, force ? Signal.Kill : Signal.Terminate);
        if (file.Process.IsFrozen)
        {
            Unix.Send(file.Process.Pid, Signal.Continue);
        }

        var told = began;
        while (file.Process.IsAlive)
        {
            if (time.GetElapsedTime(began) > (force ? KillPatience : Patience))
            {
                return new StopOutcome(part, file.Process.Pid, null);
            }

            // A node that begins anew in its process at that moment, see RestartOnEviction, has not heard it.
            if (!force && time.GetElapsedTime(told) > TellEvery && PidFile.Read(gateway.State, part.Name) is { Stopping: false } now && now.Process == file.Process)
            {
                Unix.Send(file.Process.Pid, Signal.Terminate);
                told = time.GetTimestamp();
            }

            await Task.Delay(LookEvery, time, cancellationToken);
        }

        Clear();
        return new StopOutcome(part, file.Process.Pid, time.GetElapsedTime(began));

        void Clear()
        {
            if (file.State != PidFileState.Missing)
            {
                PidFile.Clear(gateway.State, part.Name, file.Process);
            }
        }
    }
}
