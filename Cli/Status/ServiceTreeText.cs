using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Status;

/// <summary>Writes the services that parts are made of, as <c>gateway status --tree</c> shows them.</summary>
internal static class ServiceTreeText
{
    private const int Narrowest = 20;

    /// <summary>All parts, each with its own words of itself; those of a dead or frozen one are its last.</summary>
    public static void Write(IReadOnlyList<PartStatus> parts, DateTimeOffset now)
    {
        foreach (var part in parts)
        {
            Screen.Line($"\n{part.Part.Name} {part.StateWord}{(part.State is PartState.Dead or PartState.Unresponsive && part.Report is not null ? ", it said last:" : "")}");
            foreach (var (text, tone) in part.Report is { } report ? Lines(report.Services, now, Screen.Columns ?? int.MaxValue) : [("  nothing is known of its services", Tone.Quiet)])
            {
                Screen.Line(text, tone);
            }
        }
    }

    /// <summary>A line a service. What it says of itself is on lines of its own where that would be wider than the terminal.</summary>
    internal static IEnumerable<(string Text, Tone Tone)> Lines(ServiceReport root, DateTimeOffset now, int columns)
    {
        var rows = Rows(root, "  ", "  ").ToList();
        var label = rows.Max(x => x.Label.Length);
        foreach (var (first, others, service) in rows)
        {
            var age = StatusTable.InWords(now > service.Since ? now - service.Since : TimeSpan.Zero);
            var line = $"{first.PadRight(label)}  {service.State.ToString().ToLowerInvariant(),-8}  {age,-12}  {Took(service),-19}";
            var (detail, tone) = (service.Error ?? service.Detail ?? "", ToneOf(service.State));
            var fits = line.Length + 2 + detail.Length <= columns;
            yield return ((fits ? $"{line}  {detail}" : line).TrimEnd(), tone);
            foreach (var more in fits ? [] : Wrapped.Lines(detail, Math.Max(Narrowest, columns - label - 2)))
            {
                yield return ($"{others.PadRight(label)}  {more}", tone);
            }
        }
    }

    private static IEnumerable<(string Label, string Others, ServiceReport Service)> Rows(ServiceReport service, string first, string others)
    {
        yield return ($"{first}{service.Name}", service.Children.Count > 0 ? $"{others}│" : others, service);
        for (var i = 0; i < service.Children.Count; i++)
        {
            var last = i == service.Children.Count - 1;
            foreach (var row in Rows(service.Children[i], $"{others}{(last ? "└ " : "├ ")}", $"{others}{(last ? "  " : "│ ")}"))
            {
                yield return row;
            }
        }
    }

    private static string Took(ServiceReport service) => (service.State, service.TookMs) switch
    {
        (ServiceState.Running, { } ms) => $"started in {ms} ms",
        (ServiceState.Stopped, { } ms) => $"stopped in {ms} ms",
        _ => "",
    };

    private static Tone ToneOf(ServiceState state) => state switch
    {
        ServiceState.Running => Tone.Good,
        ServiceState.Failed => Tone.Bad,
        ServiceState.Stopped or ServiceState.Waiting => Tone.Quiet,
        _ => Tone.Notable,
    };
}
