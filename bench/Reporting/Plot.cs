using System.Text;

namespace OrleansGateway.Bench.Reporting;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="X">Where; powers of ten.</param>
/// <param name="Y">How much, µs.</param>
internal sealed record Line(string Name, int[] X, double[] Y);

/// <summary>One of the plots that stand beside each other.</summary>
internal sealed record Panel(string Title, string XName, Line[] Lines);

/// <summary>Plots as SVG: x is logarithmic, y begins at 0.</summary>
internal static class Plot
{
    private const int Width = 440;
    private const int Height = 300;
    private const int Margin = 56;
    private static readonly double[] Nice = [1, 2, 5, 10];
    private static readonly string[] Colors = ["#0b62a4", "#c1440e", "#2e7d32"];

    public static string Draw(params Panel[] panels)
    {
        var svg = new StringBuilder($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width * panels.Length} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append($"<rect width=\"{Width * panels.Length}\" height=\"{Height}\" fill=\"white\"/>\n");
        foreach (var (index, panel) in panels.Index())
        {
            svg.Append($"<g transform=\"translate({index * Width},0)\">\n");
            Draw(svg, panel);
            svg.Append("</g>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(StringBuilder svg, Panel panel)
    {
        var decades = panel.Lines.SelectMany(x => x.X).Select(x => Math.Log10(x)).ToList();
        var (least, most) = (decades.Min(), decades.Max());
        var top = NiceAbove(panel.Lines.SelectMany(x => x.Y).Where(double.IsFinite).DefaultIfEmpty(1).Max());
        double X(double value) => Margin + ((Math.Log10(value) - least) / (most - least) * (Width - (2 * Margin)));
        double Y(double value) => Height - Margin - (value / top * (Height - (2 * Margin)));

        svg.Append($"<text x=\"{Width / 2}\" y=\"20\" text-anchor=\"middle\" font-weight=\"bold\">{panel.Title}, µs</text>\n");
        svg.Append($"<text x=\"{Width / 2}\" y=\"{Height - 16}\" text-anchor=\"middle\">{panel.XName}</text>\n");
        for (var step = 0; step <= 4; step++)
        {
            var value = top * step / 4;
            svg.Append($"<line x1=\"{Margin}\" x2=\"{Width - Margin}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\" stroke=\"#ddd\"/>");
            svg.Append($"<text x=\"{Margin - 6}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{value:0.##}</text>\n");
        }

        foreach (var at in panel.Lines.SelectMany(x => x.X).Distinct())
        {
            svg.Append($"<text x=\"{X(at):0.#}\" y=\"{Height - Margin + 16}\" text-anchor=\"middle\">{at:#,0}</text>\n");
        }

        foreach (var (index, line) in panel.Lines.Index())
        {
            var points = line.X.Zip(line.Y).Where(x => double.IsFinite(x.Second)).Select(x => (X: X(x.First), Y: Y(x.Second))).ToList();
            svg.Append($"<polyline fill=\"none\" stroke=\"{Colors[index]}\" stroke-width=\"2\" points=\"{string.Join(' ', points.Select(x => $"{x.X:0.#},{x.Y:0.#}"))}\"/>\n");
            points.ForEach(x => svg.Append($"<circle cx=\"{x.X:0.#}\" cy=\"{x.Y:0.#}\" r=\"3\" fill=\"{Colors[index]}\"/>\n"));
            svg.Append($"<text x=\"{Width - Margin}\" y=\"{40 + (16 * index)}\" text-anchor=\"end\" fill=\"{Colors[index]}\">{line.Name}</text>\n");
        }
    }

    // 1, 2 or 5 and zeros.
    private static double NiceAbove(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return Nice.Select(x => x * power).First(x => x >= value);
    }
}
