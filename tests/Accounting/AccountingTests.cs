using OrleansGateway.Tests.Accounting.Checking;
using OrleansGateway.Tests.Accounting.Faults;
using OrleansGateway.Tests.Accounting.Histories;
using Xunit.Abstractions;

namespace OrleansGateway.Tests.Accounting;

/// <summary>Nothing that was acknowledged is lost, doubled or out of order, whatever happens to the nodes.</summary>
/// <remarks>For as long as one likes by hand: GATEWAY_ACCOUNTING_KILLS=200 ./test.sh Accounting, see CONTRIBUTING.</remarks>
public sealed class AccountingTests(ITestOutputHelper output)
{
    [Fact]
    public Task Acknowledged_NodesAreKilledFrozenAndStarved_IsThereOnceInOneOrderForAll() => Account(AccountingSettings.FromEnvironment());

    [Fact]
    public Task OnMemory_NodesThatHoldNoChannelDie_IsThereOnceInOneOrderForAll() => Account(new AccountingSettings
    {
        Seed = AccountingSettings.FromEnvironment().Seed,
        Seconds = 12,
        Storage = "memory",
        Strikes = new HashSet<string> { "kill", "kill-starting", "restart" },
        Struck = [AccountingSettings.Nodes],

        // A prefix has no cursor there.
        Without = new HashSet<string> { "several" },
    });

    private async Task Account(AccountingSettings settings)
    {
        await using var run = new AccountingRun(settings, output.WriteLine);
        string? broken = null;
        try
        {
            await run.Run();
        }
        catch (Exception exception)
        {
            // What everybody saw until then says more than the exception.
            broken = exception.ToString();
        }

        var channels = await run.Histories();
        var findings = Checker.Check(channels);
        var (frozen, where) = HoldUps.Longest(run.Nemesis.Blows.Where(x => x.Strike.Kind == StrikeKind.Freeze), channels);
        string?[] wrong =
        [
            broken,
            findings.All.Count > 0 ? $"{findings}" : null,
            frozen > HoldUps.Limit ? $"a frozen node held up the publishers of others for {frozen.TotalSeconds:F1} s: {where}" : null,
            .. run.Nemesis.Surprises,
            .. broken is null && findings.All.Count == 0 ? Blind(channels) : [],
        ];
        var summary = Summary(settings, run.Nemesis, channels, findings, frozen);
        if (wrong.Any(x => x is not null))
        {
            var text = string.Join('\n', wrong.Where(x => x is not null));
            var kept = Keep(settings, run, channels, $"{summary}\n{text}");
            output.WriteLine(summary);
            Assert.Fail($"{text}\n{summary}\nWhat happened, the histories, the nodes' logs and their state are in {kept}");
        }

        var (longest, when) = HoldUps.Longest(run.Nemesis.Blows, channels);
        output.WriteLine($"longest hold-up by anything {longest.TotalSeconds:F2} s: {when}");
        output.WriteLine(summary);
    }

    // The checker's silence is worth something only if it would have found these in this very run.
    private static IEnumerable<string> Blind(List<ChannelHistory> channels)
    {
        foreach (var sabotage in Sabotage.All)
        {
            var falsified = channels.MaxBy(x => x.Publications.Count(y => y.Contents.Count > 1))!.Copy();
            if (sabotage.CanApply(falsified))
            {
                sabotage.Apply(falsified);
                if (!Checker.Check(falsified).All.Any(x => x.Fault == sabotage.Expected))
                {
                    yield return $"the checker does not see it when this is done to what was recorded: {sabotage}";
                }
            }
        }
    }

    private static string Summary(AccountingSettings settings, Nemesis nemesis, List<ChannelHistory> channels, Findings findings, TimeSpan frozen)
    {
        var blows = nemesis.Blows.ToLookup(x => x.Strike.Kind);
        return $"seed {settings.Seed}: {channels.Sum(x => x.Publications.Where(y => y.IsAcknowledged).Sum(y => y.Contents.Count))} messages acknowledged, "
            + $"{channels.Sum(x => x.Everybody.Sum(y => y.Count))} deliveries checked, {nemesis.Kills} kills, {blows[StrikeKind.Freeze].Count()} freezes, "
            + $"{blows[StrikeKind.Restart].Count()} restarts, {blows[StrikeKind.RollingRestart].Count()} rolling restarts, {blows[StrikeKind.DiskFull].Count()} disk-fulls, "
            + $"{findings.Count(Fault.Lost, Fault.Hole, Fault.Unfinished, Fault.Gap)} lost, {findings.Count(Fault.Doubled)} doubled, {findings.Count(Fault.OutOfOrder)} out of order, "
            + $"longest hold-up by a freeze {frozen.TotalSeconds:F2} s";
    }

    private static string Keep(AccountingSettings settings, AccountingRun run, List<ChannelHistory> channels, string summary)
    {
        var kept = Directory.CreateTempSubdirectory($"gateway-accounts-of-seed-{settings.Seed}-").FullName;
        File.WriteAllText(Path.Combine(kept, "summary.txt"), $"{settings}\n{summary}\n");
        File.WriteAllLines(Path.Combine(kept, "events.txt"), run.Told);
        HistoryFiles.Write(kept, channels, run.Begun);
        foreach (var (node, process) in run.Nodes.All)
        {
            File.WriteAllText(Path.Combine(kept, $"node-{node}-{process.Pid}.log"), process.Output);
        }

        run.KeepState(Path.Combine(kept, "state"));
        return kept;
    }
}
