using OrleansGateway.Cli.Cluster;
using OrleansGateway.Cli.Status;

namespace OrleansGateway.Cli.Processes;

/// <summary>
/// Restarts parts one after the other, so that the others serve meanwhile: the next one stops only when the one before works again and
/// all nodes see each other. Ends with the first failure, or when it is told to, but not while a part is stopped.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="restart">Restarts one part; null, or why that did not work.</param>
/// <param name="time">The clock.</param>
internal sealed class RollingRestart(Gateway gateway, Func<Part, Task<string?>> restart, TimeProvider time)
{
    private const string ToldToEnd = "told to end";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    private Queue<Part> _left = new();

    /// <summary>Those whose turn did not come.</summary>
    public IReadOnlyCollection<Part> Left => _left;

    /// <summary>Restarts them.</summary>
    /// <returns>Null, or in one line why it ended before all were restarted and saw each other.</returns>
    public async Task<string?> RunAsync(IReadOnlyList<Part> parts, CancellationToken stop)
    {
        _left = new Queue<Part>(Order(parts, await OwnerAsync(), new PartStarter(gateway, time).Missing(parts)));
        while (_left.TryPeek(out var part))
        {
            var trouble = part.Node is null ? null : await WholeAsync(except: part, stop);
            if (stop.IsCancellationRequested)
            {
                return ToldToEnd;
            }

            if (trouble is not null)
            {
                return $"{part.Name} was not stopped: {trouble}";
            }

            _left.Dequeue();
            if (await restart(part) is { } failure)
            {
                return failure;
            }
        }

        return parts.Any(x => x.Node is not null) ? await WholeAsync(except: null, stop) : null;
    }

    /// <summary>Those first that serve nobody now, then nodes; the one with the bridge last of them, so that it moves once; then the number server.</summary>
    internal static IEnumerable<Part> Order(IReadOnlyList<Part> parts, string? owner, IReadOnlyList<Part> dead) =>
        parts.OrderBy(x => dead.Contains(x) ? 0 : x.Node is null ? 3 : x.Name == owner ? 2 : 1);

    // Whose end would take the gateway from its clients waits until all others are members that work.
    private async Task<string?> WholeAsync(Part? except, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var running = Running().Where(x => x.Name != except?.Name).ToArray();
            var reports = await Task.WhenAll(running.Select(x => NodeProbe.ClusterAsync(x.Http, AnswerTime)));
            var apart = running.Zip(reports).Where(x => x.Second is null || !running.All(y => Sees(x.Second, y))).ToArray();
            if (apart.Length == 0)
            {
                return null;
            }

            if (stop.IsCancellationRequested)
            {
                return ToldToEnd;
            }

            if (time.GetElapsedTime(began) >= Patience)
            {
                var (node, report) = apart[0];
                return report is null
                    ? $"{node.Name} does not answer after {Patience.TotalSeconds:0} s"
                    : $"{node.Name} does not see {running.First(x => !Sees(report, x)).Name} as active after {Patience.TotalSeconds:0} s";
            }

            await Task.Delay(AskEvery, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string?> OwnerAsync() =>
        (await Task.WhenAll(Running().Select(x => NodeProbe.ClusterAsync(x.Http, AnswerTime)))).FirstOrDefault(x => x?.Bridge is not null)?.Bridge;

    private Part[] Running() => [.. new PartStarter(gateway, time).Running(gateway.Known()).Where(x => x.Node is not null)];

    private static bool Sees(ClusterReport report, Part node) => report.Nodes.GetValueOrDefault(node.Name) == "active";
}
