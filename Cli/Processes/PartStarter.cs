using System.Diagnostics;
using System.Net;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Logs;
using OrleansGateway.Cli.Status;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Processes;

/// <summary>What came of starting a part.</summary>
/// <param name="Part">The part.</param>
/// <param name="Pid">The process that is the part now; null when it failed.</param>
/// <param name="RanBefore">Whether somebody else had started it.</param>
/// <param name="Failure">Why it does not work, in one line; null when it does.</param>
internal sealed record StartOutcome(Part Part, int? Pid, bool RanBefore, string? Failure);

/// <summary>Starts parts and waits until they work.</summary>
internal sealed class PartStarter(Gateway gateway, TimeProvider time)
{
    // A little less than the 30 seconds within which a command has to answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(28);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    /// <summary>Those parts that do not run.</summary>
    public IReadOnlyList<Part> Missing(IReadOnlyList<Part> parts) => [.. parts.Where(x => !Runs(x.Name))];

    /// <summary>Those parts that run.</summary>
    public IReadOnlyList<Part> Running(IReadOnlyList<Part> parts) => [.. parts.Where(x => Runs(x.Name))];

    /// <summary>Makes sure that the ports of parts which do not run are free.</summary>
    /// <exception cref="CommandFailure">One is not: the message says whose it is.</exception>
    public static void CheckPorts(IEnumerable<Part> parts)
    {
        if (parts.Select(x => x.RefusePorts()).FirstOrDefault(x => x is not null) is { } taken)
        {
            throw new CommandFailure(taken);
        }
    }

    /// <summary>Starts a part unless it runs, and waits until it works.</summary>
    /// <param name="part">The part.</param>
    /// <param name="onLaunched">Told of the process as soon as there is one.</param>
    /// <param name="cancellationToken">Ends the wait, not the part.</param>
    public async Task<StartOutcome> StartAsync(Part part, Action<Process>? onLaunched = null, CancellationToken cancellationToken = default)
    {
        var began = time.GetTimestamp();
        var log = part.LogFile(gateway.State);
        var logged = File.Exists(log) ? new FileInfo(log).Length : 0;
        Process? child = null;
        if (!Runs(part.Name))
        {
            child = Launcher.Start(part, gateway.State, gateway.Directory, gateway.Account);
            onLaunched?.Invoke(child);
        }

        while (true)
        {
            var file = PidFile.Read(gateway.State, part.Name);
            var isChild = child is not null && file.Process.Pid == child.Id;
            if (file.State == PidFileState.Alive && await WorksAsync(part, file.Process.Pid, cancellationToken))
            {
                return new StartOutcome(part, file.Process.Pid, !isChild, null);
            }

            // Who ended because another process is the part already leaves it to that one.
            if (file.State != PidFileState.Alive && child is null or { HasExited: true })
            {
                return new StartOutcome(part, null, child is null, FailureReason.Read(log, logged, child?.ExitCode));
            }

            if (time.GetElapsedTime(began) >= Patience)
            {
                var pid = file.State == PidFileState.Alive ? file.Process.Pid : child?.Id;
                var said = FailureReason.LastWords(log, logged) ?? "nothing";
                return new StartOutcome(
                    part, null, !isChild, $"does not work after {Patience.TotalSeconds:0} s; process {pid} goes on trying. Last it said: {said}");
            }

            await Task.Delay(AskEvery, time, cancellationToken);
        }
    }

    /// <summary>Whether there is a process that is the part.</summary>
    public bool Runs(string name) => PidFile.Read(gateway.State, name).State == PidFileState.Alive;

    /// <summary>Whether the process of a part works.</summary>
    public static async Task<bool> WorksAsync(Part part, int pid, CancellationToken cancellationToken) =>
        part.Node is null
            ? StatusReader.NumbersListen(part, pid)
            : await NodeProbe.ReadyAsync(part.Http, AnswerTime, cancellationToken) == HttpStatusCode.OK;
}
