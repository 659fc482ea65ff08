using OrleansGateway.Bench.Cases;
using OrleansGateway.Bench.Reporting;

namespace OrleansGateway.Bench;

/// <summary>Runs cases and says how they stand to the goals.</summary>
internal static class Table
{
    private const int DefaultRounds = 5;

    /// <summary>Runs it.</summary>
    /// <returns>The exit code: 1 where a goal is missed, 2 for options that it does not know.</returns>
    public static async Task<int> Run(string[] options)
    {
        var names = new HashSet<string>();
        var (rounds, node, isSaved) = (DefaultRounds, Places.Node, false);
        for (var rest = options.AsMemory(); !rest.IsEmpty; rest = rest[1..])
        {
            switch (rest.ToArray())
            {
                case ["--rounds", var number, ..] when int.TryParse(number, out rounds) && rounds > 0:
                    rest = rest[1..];
                    break;
                case ["--node", var file, ..] when File.Exists(file):
                    node = Path.GetFullPath(file);
                    rest = rest[1..];
                    break;
                case ["--save", ..]:
                    isSaved = true;
                    break;
                case ["--help", ..]:
                    Help();
                    return 0;
                case [var name, ..] when TableCases.Named(name) is { Count: > 0 } cases:
                    names.UnionWith(cases);
                    break;
                case [var unknown, ..]:
                    await Console.Error.WriteLineAsync($"error: {unknown} is no case and no option with a value that is allowed, see bench/run.sh --help");
                    return 2;
            }
        }

        // The whole table is kept.
        var place = Path.Combine(Places.Root, "bench/results", string.Join('-', [await Machine.Name(), .. TableCases.All.Select(x => x.Name).Where(names.Contains)]));
        if (names.Count == 0)
        {
            isSaved = true;
            names.UnionWith(TableCases.All.Select(x => x.Name));
        }

        var load = Machine.Load();
        var measurement = new Measurement(new Setup(rounds, node));
        var head = await Machine.Describe($"bench/run.sh {string.Join(' ', options)}".TrimEnd(), load);

        // What is interrupted keeps what it has.
        await TableCases.Run(measurement, names, () => isSaved ? Save(place, head, measurement.Report) : Task.CompletedTask);
        Console.WriteLine(measurement.Report.Page(head));
        return measurement.Report.IsFine ? 0 : 1;
    }

    private static async Task Save(string place, string head, Report report)
    {
        var page = report.Page(head);
        if (report.Plot is { } plot)
        {
            page += $"\n![growth]({Path.GetFileName(place)}.svg)\n";
            await File.WriteAllTextAsync($"{place}.svg", plot);
        }

        await File.WriteAllTextAsync($"{place}.md", page);
        await File.WriteAllLinesAsync($"{place}.jsonl", report.Lines());
        await Console.Error.WriteLineAsync($"saved as {place}.md");
    }

    private static void Help()
    {
        foreach (var (name, help) in TableCases.All)
        {
            Console.WriteLine($"  {name,-14} {help}");
        }
    }
}
