using System.Diagnostics;

namespace OrleansGateway.Tests.Accounting.Faults;

/// <summary>Does to real nodes what the plan says, one strike after the other, and heals each before the next.</summary>
internal sealed class Nemesis(GatewayNodes nodes, StateDisk disk, Action<string> tell)
{
    private static readonly int[] All = [.. Enumerable.Range(1, AccountingSettings.Nodes)];

    public List<Blow> Blows { get; } = [];

    /// <summary>What nodes did that they must not: end by themselves, or not as they should.</summary>
    public List<string> Surprises { get; } = [];

    public int Kills => Blows.Sum(x => x.Strike.Kills);

    public async Task Run(IEnumerable<Strike> plan, Func<bool> goesOn)
    {
        foreach (var strike in plan)
        {
            if (!goesOn())
            {
                return;
            }

            await Do(strike);
            await Task.Delay(strike.Rest);
            LookForDead();
        }
    }

    /// <summary>Starts whatever is dead and waits until the cluster is whole.</summary>
    public async Task Heal()
    {
        LookForDead();
        int[] dead = [.. All.Except(nodes.Alive)];
        foreach (var node in dead)
        {
            await nodes[node].Exit();
            nodes.Launch(node);
        }

        foreach (var node in All)
        {
            await nodes.Ready(node, 60);
        }

        await nodes.Whole(60, All);
    }

    private async Task Do(Strike strike)
    {
        tell($"{strike}");
        var begun = Stopwatch.GetTimestamp();
        await Hit(strike);
        var ended = Stopwatch.GetTimestamp();
        if (strike.Kills > 0)
        {
            await Task.Delay(strike.Down);
        }

        await Heal();
        Blows.Add(new Blow(strike, begun, ended, Stopwatch.GetTimestamp()));
        tell($"  whole again after {Stopwatch.GetElapsedTime(ended).TotalSeconds:F1} s");
    }

    private async Task Hit(Strike strike)
    {
        switch (strike.Kind)
        {
            case StrikeKind.Kill:
                nodes[strike.Node].Kill();
                break;
            case StrikeKind.KillAll:
                Array.ForEach(All, x => nodes[x].Kill());
                break;
            case StrikeKind.KillTwo:
                nodes[strike.Node].Kill();
                await Task.Delay(strike.Lasts);
                nodes[strike.Other].Kill();
                break;
            case StrikeKind.KillStarting:
                nodes[strike.Node].Kill();
                await nodes[strike.Node].Exit();
                nodes.Launch(strike.Node);
                await Task.Delay(strike.Lasts);
                nodes[strike.Node].Kill();
                break;
            case StrikeKind.Freeze:
                nodes[strike.Node].Freeze();
                await Task.Delay(strike.Lasts);
                nodes[strike.Node].Thaw();
                break;
            case StrikeKind.Restart:
                await Restart(strike.Node);
                break;
            case StrikeKind.RollingRestart:
                foreach (var node in All.Select(x => ((strike.Node + x - 2) % AccountingSettings.Nodes) + 1))
                {
                    await Restart(node);
                    await nodes.Ready(node, 60);
                    await nodes.Whole(60, All);
                }

                break;
            default:
                disk.Fill(nodes);
                await Task.Delay(strike.Lasts);
                disk.Free(nodes);
                break;
        }
    }

    private async Task Restart(int node)
    {
        var code = await nodes[node].Stop();
        if (code != 0)
        {
            Surprises.Add($"node {node} was stopped gracefully and exited with {code}");
        }

        nodes.Launch(node);
    }

    // Nothing but the nemesis ends a node: neither a freeze nor a full disk.
    private void LookForDead()
    {
        foreach (var node in All.Where(x => nodes[x].HasEndedByItself))
        {
            Surprises.Add($"node {node}, process {nodes[node].Pid}, ended by itself");
            nodes.Launch(node);
        }
    }
}
