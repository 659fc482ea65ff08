using OrleansGateway.Cli.Status;
using OrleansGateway.Cli.Terminal;

namespace OrleansGateway.Cli.Top;

/// <summary>The screen of <c>gateway top</c>.</summary>
/// <param name="Lines">Its lines, none wider than the screen.</param>
/// <param name="Page">How many channels are on it.</param>
/// <param name="LastScroll">The furthest that it makes sense to scroll.</param>
internal sealed record TopScreen(IReadOnlyList<StyledLine> Lines, int Page, int LastScroll);

/// <summary>Lays out the screen: what is the cluster's, its nodes, and its channels as far as there is room.</summary>
internal static class TopLayout
{
    private const int LeastChannels = 4;

    private static readonly TopColumn<NodeRow>[] NodeColumns =
    [
        new("NODE", 9, 0, x => StyledLine.Harmless(x.Name), Left: true),
        new("STATE", 11, 22, x => x.State, x => x.State is "active" or "answers" ? Tone.Good : x.AnswerTime is null ? Tone.Bad : Tone.Notable, Left: true),
        new("UPTIME", 12, 50, x => x.Uptime is { } uptime ? StatusTable.InWords(uptime) : "-"),
        new("PUB/S", 7, 30, x => TopNumbers.Rate(x.PublishRate)),
        new("DELIV/S", 7, 40, x => TopNumbers.Rate(x.DeliveryRate)),
        new("SUBS", 6, 60, x => TopNumbers.Count(x.Subscribers)),
        new("CONNS", 6, 79, x => TopNumbers.Count(x.Connections)),
        new("ANSWER", 7, 65, x => TopNumbers.Time(x.AnswerTime)),
        new("BRIDGE", 6, 72, x => x.Bridge ? "owns" : "", _ => Tone.Notable, Left: true),
        new("ADDRESS", 28, 120, x => x.Address.GetLeftPart(UriPartial.Authority), _ => Tone.Quiet, Left: true),
    ];

    private static readonly TopColumn<ChannelRow>[] ChannelColumns =
    [
        new("CHANNEL", 12, 0, x => StyledLine.Harmless(x.Name), Left: true),
        new("RATE/S", 8, 22, x => TopNumbers.Rate(x.Rate), x => x.Rate >= 0.05 ? Tone.Good : Tone.Quiet),
        new("SUBS", 6, 30, x => TopNumbers.Count(x.Subscribers)),
        new("MESSAGES", 9, 45, x => TopNumbers.Count(x.Messages)),
        new("BYTES", 8, 60, x => TopNumbers.Bytes(x.Bytes)),
        new("LAST ID", 28, 120, x => x.LastId ?? "-", _ => Tone.Quiet, Left: true),
    ];

    private static readonly (string Keys, string Meaning)[] Keys =
    [
        ("q, Ctrl-C", "end"),
        ("/", "filters channels by name; Enter keeps it, Esc takes it away"),
        ("r, s, m, b, n", "sort by rate, subscribers, messages, bytes, name"),
        ("arrows, PgUp, PgDn", "scroll; Home and End go all the way"),
        ("p, space", "pause, and go on"),
        ("?, h", "this"),
    ];

    /// <summary>Lays it out.</summary>
    /// <param name="report">What there is to show.</param>
    /// <param name="state">What is to be seen of it.</param>
    /// <param name="width">The columns of the screen.</param>
    /// <param name="height">Its lines.</param>
    public static TopScreen Draw(TopReport report, TopState state, int width, int height)
    {
        var lines = Summary(report, state).ToList();
        lines.Add(new StyledLine());
        if (state.IsHelping)
        {
            lines.AddRange(Keys.Select(x => new StyledLine().Add($"{x.Keys,-20}", Tone.Notable).Add(x.Meaning)));
            return new TopScreen(Fill(lines, new StyledLine().Add("any key goes back", Tone.Quiet), width, height), 0, 0);
        }

        lines.Add(TopTable.Head(NodeColumns, width));

        // The head of the channels, their least number, and the keys must fit, too.
        var room = Math.Max(1, height - lines.Count - 3 - LeastChannels);
        var nodes = report.Nodes.Count <= room ? report.Nodes : [.. report.Nodes.OrderByDescending(x => x.AnswerTime is null).ThenByDescending(x => x.Bridge).Take(room - 1)];
        lines.AddRange(nodes.Select(x => TopTable.Row(NodeColumns, x, width)));
        if (nodes.Count < report.Nodes.Count)
        {
            lines.Add(new StyledLine().Add($"\u2026 and {report.Nodes.Count - nodes.Count} more nodes", Tone.Quiet));
        }

        lines.Add(new StyledLine());
        var chosen = state.Choose(report.Channels ?? []);
        var page = Math.Max(0, height - lines.Count - 2);
        var last = Math.Max(0, chosen.Count - page);
        var scroll = Math.Min(state.Scroll, last);
        lines.Add(TopTable.Head(ChannelColumns, width, HeadOf(state.Order)));
        lines.AddRange(chosen.Skip(scroll).Take(page).Select(x => TopTable.Row(ChannelColumns, x, width)));
        if (chosen.Count == 0 && page > 0)
        {
            lines.Add(new StyledLine().Add(report.Channels is null ? "no node says which there are" : state.Filter.Length > 0 ? "none with that in its name" : "none yet", Tone.Quiet));
        }

        var footer = Footer(state, scroll, Math.Min(page, chosen.Count - scroll), chosen.Count, report.MoreChannels, width);
        return new TopScreen(Fill(lines, footer, width, height), page, last);
    }

    /// <summary>One snapshot as text, with all nodes and channels.</summary>
    public static string Plain(TopReport report)
    {
        const int Width = 120;
        var state = new TopState();
        IEnumerable<StyledLine> lines =
        [
            .. Summary(report, state),
            new StyledLine(),
            TopTable.Head(NodeColumns, Width),
            .. report.Nodes.Select(x => TopTable.Row(NodeColumns, x, Width)),
            new StyledLine(),
            TopTable.Head(ChannelColumns, Width),
            .. state.Choose(report.Channels ?? []).Select(x => TopTable.Row(ChannelColumns, x, Width)),
        ];
        return string.Concat(lines.Select(x => x.ToString().TrimEnd() + "\n"));
    }

    private static IEnumerable<StyledLine> Summary(TopReport report, TopState state)
    {
        var unreached = report.Nodes.Count(x => x.AnswerTime is null);
        var head = new StyledLine().Add($"{report.Time:HH:mm:ss}  {report.Nodes.Count} {(report.Nodes.Count == 1 ? "node" : "nodes")}");
        yield return (unreached == 0 ? head : head.Add($", {unreached} out of reach", Tone.Bad))
            .Add("  bridge ").Add(report.Nodes.FirstOrDefault(x => x.Bridge)?.Name ?? "nobody", Tone.Notable).Add($" {TopNumbers.Rate(report.BridgeRate)}/s")
            .Add($"  takeovers {TopNumbers.Count(report.Takeovers)}")
            .Add(state.IsPaused ? "  paused" : "", Tone.Notable);
        yield return new StyledLine()
            .Add($"publishes {TopNumbers.Rate(report.PublishRate)}/s")
            .Add(report.PublishTime is { } time ? $", 99 % within {TopNumbers.Time(time)}" : "", Tone.Quiet)
            .Add($"  deliveries {TopNumbers.Rate(report.DeliveryRate)}/s")
            .Add($", {TopNumbers.Bytes(report.DeliveryBytes)}/s", Tone.Quiet);
        var lag = report.Gaps + report.Slow + report.Retries > 0 ? Tone.Notable : Tone.Quiet;
        yield return new StyledLine()
            .Add($"gaps {TopNumbers.Count(report.Gaps)}, slow {TopNumbers.Count(report.Slow)}, retries {TopNumbers.Count(report.Retries)}", lag)
            .Add($"  subscribers {TopNumbers.Count(report.Subscribers.Values.Sum())}")
            .Add(report.Subscribers.Count == 0 ? "" : $": {string.Join(", ", report.Subscribers.Select(x => $"{x.Key} {TopNumbers.Count(x.Value)}"))}", Tone.Quiet);
    }

    // From the bottom up, so that what does not fit is missing at the top.
    private static IReadOnlyList<StyledLine> Fill(List<StyledLine> lines, StyledLine footer, int width, int height) =>
        [.. lines.Concat(Enumerable.Range(0, Math.Max(0, height - 1 - lines.Count)).Select(_ => new StyledLine())).Append(footer)
            .TakeLast(Math.Max(1, height)).Select(x => x.Cut(width))];

    // The keys that matter most come first; what does not fit is left out.
    private static StyledLine Footer(TopState state, int scroll, int shown, int all, bool more, int width)
    {
        if (state.IsFiltering)
        {
            return new StyledLine().Add("/", Tone.Notable).Add(StyledLine.Harmless(state.Filter)).Add("_", Tone.Notable).Add("  Enter keeps it, Esc takes it away", Tone.Quiet);
        }

        var line = new StyledLine()
            .Add(state.Filter.Length == 0 ? "" : $"/{StyledLine.Harmless(state.Filter)}  ", Tone.Notable)
            .Add(shown <= 0 ? "" : $"{scroll + 1}-{scroll + shown} of {all}{(more ? " and more" : "")}  ", Tone.Quiet);
        string[] sort = ["  sort: rate subs messages bytes name", "  sort: r s m b n"];
        foreach (string[] keys in (string[][])[["q quit"], ["  / filter"], ["  ? keys"], ["  p pause"], sort, ["  arrows scroll"]])
        {
            line.Add(keys.FirstOrDefault(x => line.Width + x.Length <= width) ?? "", Tone.Quiet);
        }

        return line;
    }

    private static string HeadOf(TopOrder order) => order switch
    {
        TopOrder.Rate => "RATE/S",
        TopOrder.Subscribers => "SUBS",
        TopOrder.Messages => "MESSAGES",
        TopOrder.Bytes => "BYTES",
        _ => "CHANNEL",
    };
}
