using System.Net;
using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Logs;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Status;

/// <summary>Finds out how the parts are, all at once.</summary>
internal sealed class StatusReader(string state)
{
    /// <summary>How long a node has to answer at first: half a second.</summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(0.5);

    /// <summary>How long a part may take until it works: 30 seconds.</summary>
    public static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    /// <summary>How long one has that is asked once more: 2 seconds.</summary>
    public TimeSpan LongerAnswerTime { get; init; } = TimeSpan.FromSeconds(2);

    public async Task<IReadOnlyList<PartStatus>> ReadAsync(IReadOnlyList<Part> parts)
    {
        var answers = await Task.WhenAll(parts.Select(ReadAsync));
        var bridge = answers.Select(x => x.Report?.Bridge).FirstOrDefault(x => x is not null);
        return [.. answers.Select(x => x.Status with { Bridge = x.Status.State != PartState.Dead && x.Status.Part.Name == bridge })];
    }

    /// <summary>How one part is, and what it says of the cluster when it is a node that works.</summary>
    private async Task<(PartStatus Status, ClusterReport? Report)> ReadAsync(Part part)
    {
        var said = PartReport.Read(state, part.Name);
        var file = PidFile.Read(state, part.Name);
        if (file.State != PidFileState.Alive || file.Process.Uptime is not { } uptime)
        {
            return (new PartStatus(part, PartState.Dead, null, null, false) { Report = said, Error = WhyDead(part, said) }, null);
        }

        // One that is frozen answers to nobody.
        var (answers, report) = file.Process.IsFrozen ? (null, null)
            : part.Node is null ? ((bool?)NumbersListen(part, file.Process.Pid), null)
            : await AskAsync(part, file.Process);
        said = said is not null && new ProcessIdentity(said.Pid, said.StartTime) == file.Process ? said : null;
        return (
            new PartStatus(part, Judge(file, answers, uptime), file.Process.Pid, uptime, false) { Report = said, Error = said?.Services.Error },
            answers == true ? report : null);
    }

    private string? WhyDead(Part part, PartReport? said) =>
        said is null ? null
        : said.Services.Error is { } error ? error
        : said.Services.State == ServiceState.Stopped ? null
        : $"it ended without being stopped{(LastWords(part.LogFile(state)) is { } words ? $"; its log ends with: {words}" : "")}";

    // A file that was just begun says nothing yet.
    private static string? LastWords(string log) => FailureReason.LastWords(log, 0) ?? FailureReason.LastWords(new LogFiles(log)[1], 0);

    /// <summary>The state of a part whose process runs.</summary>
    /// <param name="file">What its pid file says.</param>
    /// <param name="works">Whether it says that it works, or null when it says nothing.</param>
    /// <param name="uptime">How long it has been there.</param>
    internal static PartState Judge(PidFileReading file, bool? works, TimeSpan uptime) =>
        file.Process.IsFrozen ? PartState.Unresponsive
        : file.Stopping ? PartState.Stopping
        : works == true ? PartState.Running
        : uptime < StartTime ? PartState.Starting
        : PartState.Unresponsive;

    // Where an answer did not come, the node or this command may have stood still just then, which says nothing of how the node is.
    private async Task<(bool? Works, ClusterReport? Report)> AskAsync(Part part, ProcessIdentity process)
    {
        var (works, report) = await AskAsync(part, AnswerTime);
        if (works == false || (works == true && report is not null) || process.IsFrozen)
        {
            return (works, report);
        }

        var again = await AskAsync(part, LongerAnswerTime);
        return (again.Works ?? works, again.Report ?? report);
    }

    private static async Task<(bool? Works, ClusterReport? Report)> AskAsync(Part part, TimeSpan answerTime)
    {
        var cluster = NodeProbe.ClusterAsync(part.Http, answerTime);
        var ready = await NodeProbe.ReadyAsync(part.Http, answerTime);
        return (ready is null ? null : ready == HttpStatusCode.OK, await cluster);
    }

    /// <summary>
    /// Whether the number server listens. Nobody is to connect to it but the bridge, so the system is asked; where it can't tell, the
    /// process is taken at its word.
    /// </summary>
    public static bool NumbersListen(Part part, int pid) => PortOwner.Listens(pid, part.Numbers.Port) ?? true;
}
