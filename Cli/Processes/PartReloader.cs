using OrleansGateway.Cli.Cluster;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>What came of having a part read its configuration again.</summary>
/// <param name="Part">The part.</param>
/// <param name="Outcome">What it says of it; null when it says nothing.</param>
/// <param name="Words">The same in words.</param>
internal sealed record ReloadResult(Part Part, ReloadOutcome? Outcome, string Words);

/// <summary>Has parts that run read their configuration again, and waits for what comes of it.</summary>
internal sealed class PartReloader(string state, TimeProvider time)
{
    /// <summary>How long a part may take to say what came of it: 10 seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends the signal, and waits.</summary>
    public async Task<ReloadResult> ReloadAsync(Part part, CancellationToken cancellationToken)
    {
        var file = PidFile.Read(state, part.Name);
        var process = file.Process;
        if (file.State != PidFileState.Alive)
        {
            return new ReloadResult(part, null, "it ended meanwhile");
        }

        if (process.IsFrozen)
        {
            return new ReloadResult(part, null, $"process {process.Pid} is suspended, so it reads nothing");
        }

        var before = PartReport.Read(state, part.Name)?.Reload?.Time;
        if (!Unix.Send(process.Pid, Signal.Hangup))
        {
            return Gone();
        }

        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < Patience)
        {
            if (PartReport.Read(state, part.Name) is { Reload: { } outcome } said && said.Pid == process.Pid && outcome.Time != before)
            {
                return new ReloadResult(part, outcome, Words(outcome));
            }

            if (!process.IsAlive)
            {
                return Gone();
            }

            await Task.Delay(LookEvery, time, cancellationToken);
        }

        return new ReloadResult(part, null, $"process {process.Pid} does not say within {Patience.TotalSeconds:0} s what came of it; its log may");

        ReloadResult Gone() => new(part, null, $"process {process.Pid} ended meanwhile");
    }

    private static string Words(ReloadOutcome outcome) =>
        outcome.Error is { } error ? $"nothing was reloaded, the old settings go on: {error}"
        : $"{(outcome.Applied.Count > 0 ? string.Join(", ", outcome.Applied) : "nothing to apply")}{(outcome.ServiceError is { } failure ? $"; but a service failed: {failure}" : "")}";
}
