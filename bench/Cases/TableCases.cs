namespace OrleansGateway.Bench.Cases;

/// <summary>All cases of the table, in the order in which they run.</summary>
internal static class TableCases
{
    private static readonly (string Name, string Help, Func<Measurement, Task> Run)[] Own =
    [
        ("idle", "memory of an idle connection of 10,000, ws and sse; a fresh server each", Idle.Run),
        ("slow", "18 readers, with 0 and with 2 that stop reading; beside nchan", Slow.Run),
        ("fanout", "from a channel to the relays of two other nodes, without sockets; beside grain observers", StreamFanOut.Run),
        ("cluster", "three nodes, publish on one, 100 subscribers on each; beside one node with 300", ThreeNodes.Run),
        ("remote", "one channel's publishes from 64 connections on another node; beside the same on its own node", Remote.Run),
        ("idle-channels", "memory of a channel with one subscriber; 1,000,000 channels at rest, and activity in random ones", IdleChannels.Run),
        ("catchup", "100 readers read 10,000 messages from the beginning, raw and ws", CatchUp.Run),
        ("growth", "CPU a delivery at 10 to 10,000 subscribers, and a publish at 1 to 1,000,000 channels; with a plot", Growth.Run),
        ("start", "from the start of a node's process to the first delivery", Start.Run),
    ];

    /// <summary>Each case's name and what it is.</summary>
    public static IEnumerable<(string Name, string Help)> All => [.. SideBySide.All.Select(x => (x.Name, x.Help)), .. Own.Select(x => (x.Name, x.Help))];

    /// <summary>The cases that a name stands for; none where there is no such case.</summary>
    public static IReadOnlyList<string> Named(string name) => name switch
    {
        "pub" => ["pub16", "pub64"],
        "idle10000" => ["idle"],
        _ => [.. All.Select(x => x.Name).Where(x => x == name)],
    };

    /// <summary>Runs those that were asked for.</summary>
    /// <param name="measurement">Takes what they give.</param>
    /// <param name="names">Which.</param>
    /// <param name="onDone">Called after each.</param>
    public static async Task Run(Measurement measurement, IReadOnlySet<string> names, Func<Task> onDone)
    {
        if (SideBySide.All.Any(x => names.Contains(x.Name)))
        {
            await Try(string.Join(", ", SideBySide.All.Select(x => x.Name).Where(names.Contains)), () => SideBySide.Run(measurement, names));
        }

        foreach (var (name, _, run) in Own)
        {
            if (names.Contains(name))
            {
                await Try(name, () => run(measurement));
            }
        }

        async Task Try(string name, Func<Task> run)
        {
            try
            {
                await run();
            }
            catch (Exception exception)
            {
                measurement.Report.Failed(name, exception);
            }

            await onDone();
        }
    }
}
