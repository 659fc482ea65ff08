using OrleansGateway.Cli.Terminal;
using OrleansGateway.Hosting;

namespace OrleansGateway.Cli.Status;

/// <summary>Writes the services that parts are made of, as <c>gateway status --tree</c> shows them.</summary>
internal static class ServiceTreeText
{
    /// <summary>All parts, each with its own words of itself; those of a dead or frozen one are its last.</summary>
    public static void Write(IReadOnlyList<PartStatus> parts, DateTimeOffset now)
    {
        foreach (var part in parts)
        {
            Screen.Line($"\n{part.Part.Name} {part.StateWord}{(part.State is PartState.Dead or PartState.Unresponsive && part.Report is not null ? ", it said last:" : "")}");
            foreach (var (text, tone) in part.Report is { } report ? Lines(report.Services, now) : [("  nothing is known of its services", Tone.Quiet)])
            {
                Screen.Line(text, tone);
            }
        }
    }

    /// <summary>A line a service.</summary>
    internal static IEnumerable<(string Text, Tone Tone)> Lines(ServiceReport root, DateTimeOffset now)
    {
        var rows = Rows(root, "  ", "  ").ToList();
        var width = rows.Max(x => x.Label.Length);
        return rows.Select(x => (Row(x.Label.PadRight(width), x.Service, now), ToneOf(x.Service.State)));
    }

    private static IEnumerable<(string Label, ServiceReport Service)> Rows(ServiceReport service, string first, string others)
    {
        yield return ($"{first}{service.Name}", service);
        for (var i = 0; i < service.Children.Count; i++)
        {
            var last = i == service.Children.Count - 1;
            foreach (var row in Rows(service.Children[i], $"{others}{(last ? "└ " : "├ ")}", $"{others}{(last ? "  " : "│ ")}"))
            {
                yield return row;
            }
        }
    }

    private static string Row(string label, ServiceReport service, DateTimeOffset now)
    {
        var age = StatusTable.InWords(now > service.Since ? now - service.Since : TimeSpan.Zero);
        var took = (service.State, service.TookMs) switch
        {
            (ServiceState.Running, { } ms) => $"started in {ms} ms",
            (ServiceState.Stopped, { } ms) => $"stopped in {ms} ms",
            _ => "",
        };
        return $"{label}  {service.State.ToString().ToLowerInvariant(),-8}  {age,-12}  {took,-19}  {service.Error ?? service.Detail}".TrimEnd();
    }

    private static Tone ToneOf(ServiceState state) => state switch
    {
        ServiceState.Running => Tone.Good,
        ServiceState.Failed => Tone.Bad,
        ServiceState.Stopped or ServiceState.Waiting => Tone.Quiet,
        _ => Tone.Notable,
    };
}
