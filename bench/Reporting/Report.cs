using System.Text;
using System.Text.Json;

namespace OrleansGateway.Bench.Reporting;

/// <summary>All measurements of a run, its goals, and what it says of them.</summary>
internal sealed class Report
{
    private readonly List<Sample> _samples = [];
    private readonly List<Goal> _goals = [];
    private readonly List<string> _failures = [];
    private readonly List<string> _notes = [];

    /// <summary>A plot (SVG) that goes with the page, or null.</summary>
    public string? Plot { get; set; }

    /// <summary>Whether all goals are met and nothing failed.</summary>
    public bool IsFine => _goals.TrueForAll(x => x.IsMet) && Faults == 0 && _failures.Count == 0;

    private double Faults => _samples.Sum(x => x.Figures.GetValueOrDefault(Figure.Faults));

    public void Add(Sample sample)
    {
        _samples.Add(sample);
        Console.Error.WriteLine($"{sample.Case} {sample.Form} {sample.Server} {sample.Round}: {Cells(sample.Figures)}{(sample.Figures.Error is { } error ? $" ({error})" : string.Empty)}");
    }

    /// <summary>Says that a case could not be measured to its end.</summary>
    public void Failed(string @case, Exception exception)
    {
        _failures.Add($"**`{@case}` failed**: {exception.Message}");
        Console.Error.WriteLine($"{@case} failed: {exception}");
    }

    /// <summary>Adds what a reader of the table has to know.</summary>
    public void Note(string text) => _notes.Add(text);

    public void AtMost(string @case, string what, double value, double limit, string unit) => _goals.Add(new Goal(@case, what, value, limit, true, unit));

    public void AtLeast(string @case, string what, double value, double limit, string unit) => _goals.Add(new Goal(@case, what, value, limit, false, unit));

    /// <summary>The median of a figure; NaN where it was not measured.</summary>
    public double Median(string @case, string form, string server, string figure) =>
        Median(Of(@case, form, server, figure).Select(x => x.Value));

    /// <summary>One server's median over another's.</summary>
    public double Ratio(string @case, string form, string server, string beside, string figure) =>
        Median(@case, form, server, figure) / Median(@case, form, beside, figure);

    /// <summary>The median of what one server had over what the other had in the same round: for latencies, where the machine's noise is larger than the difference.</summary>
    public double PairRatio(string @case, string form, string server, string beside, string figure)
    {
        var others = Of(@case, form, beside, figure).ToDictionary(x => x.Round, x => x.Value);
        return Median(Of(@case, form, server, figure).Where(x => others.ContainsKey(x.Round)).Select(x => x.Value / others[x.Round]));
    }

    /// <summary>All as a page of Markdown, which reads as text too.</summary>
    public string Page(string head)
    {
        var page = new StringBuilder(head);
        page.Append("\n## Goals\n\n");
        page.Append(Table(["case", "figure", "measured", "goal", "met"], _goals.Select(x => (string[])[x.Case, x.What, x.Measured, x.Bound, x.Verdict])));
        page.Append($"\n{_goals.Count(x => x.IsMet)} of {_goals.Count} goals met. Lost, doubled, out of order, misplaced, altered or refused over all: {Faults:0} (goal 0{(Faults == 0 ? ", met" : ", MISSED")}).\n");
        page.Append("\n## Figures\n\nMedians of the rounds; CPU is that of all processes of a server, µs a delivery (a publish where nobody subscribes, a message in `fanout`); `client %` is how much of one core the load generator took (at 100 it is the limit).\n");
        foreach (var group in _samples.GroupBy(x => x.Case))
        {
            var columns = Figure.All.Where(x => group.Any(s => s.Figures.ContainsKey(x.Name))).ToList();
            var rows = group.Select(x => (x.Form, x.Server)).Distinct().Select(x => (string[])
                [x.Form, x.Server, .. columns.Select(c => Cell(Median(group.Key, x.Form, x.Server, c.Name), c.Format))]);
            page.Append($"\n### {group.Key}\n\n").Append(Table(["form", "server", .. columns.Select(x => x.Head)], rows));
        }

        foreach (var note in _failures.Concat(_notes))
        {
            page.Append($"\n{note}\n");
        }

        return page.ToString();
    }

    /// <summary>Each measurement as a line of JSON.</summary>
    public IEnumerable<string> Lines() => _samples.Select(x => JsonSerializer.Serialize(
        new Dictionary<string, object>([new("case", x.Case), new("form", x.Form), new("server", x.Server), new("round", x.Round), .. x.Figures.Select(f => KeyValuePair.Create(f.Key, (object)Math.Round(f.Value, 4)))])));

    private static string Cells(Figures figures) =>
        string.Join("   ", Figure.All.Where(x => figures.ContainsKey(x.Name)).Select(x => $"{x.Head} {Cell(figures[x.Name], x.Format)}"));

    private static string Cell(double value, string format) => double.IsNaN(value) ? string.Empty : value.ToString(format);

    private static double Median(IEnumerable<double> values)
    {
        var all = values.Order().ToList();
        return all.Count == 0 ? double.NaN : (all[(all.Count - 1) / 2] + all[all.Count / 2]) / 2;
    }

    private static string Table(string[] head, IEnumerable<string[]> rows)
    {
        var all = rows.Prepend(head).ToList();
        var widths = Enumerable.Range(0, head.Length).Select(x => all.Max(row => row[x].Length)).ToArray();
        var table = new StringBuilder();
        foreach (var (index, row) in all.Index())
        {
            table.Append("| ").AppendJoin(" | ", row.Select((x, i) => x.PadRight(widths[i]))).Append(" |\n");
            if (index == 0)
            {
                table.Append("| ").AppendJoin(" | ", widths.Select(x => new string('-', x))).Append(" |\n");
            }
        }

        return table.ToString();
    }

    private IEnumerable<(int Round, double Value)> Of(string @case, string form, string server, string figure) => _samples
        .Where(x => x.Case == @case && x.Form == form && x.Server == server && x.Figures.ContainsKey(figure))
        .Select(x => (x.Round, x.Figures[figure]));
}
